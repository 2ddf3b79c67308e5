import { oneLine } from '../log.ts';
import type { RejectDocument } from '../model/reject.ts';
import { count } from './format.ts';

export const REJECT_HEADS = ['line>', 'column', 'value', 'code', 'what is wrong'];

const MOST_CHARACTERS = 40;

/** A row for each reason of a reject, for Ui.table; the line stands only before the first. */
export function reasonRows({ line, errors }: Pick<RejectDocument, 'line' | 'errors'>): string[][] {
  return errors.map(({ column, value, code, message }, index) => {
    const shown = oneLine(value ?? '');
    const cut = shown.length > MOST_CHARACTERS ? `${shown.slice(0, MOST_CHARACTERS - 1)}…` : shown;
    return [index === 0 ? count(line) : '', oneLine(column ?? ''), cut, code, oneLine(message)];
  });
}
