import type { Readable } from 'node:stream';
import { RowferryError } from '../errors.ts';
import { oneLine } from '../log.ts';
import { widthOfText } from './fit-table.ts';

/**
 * The rules of output:
 * 1. What was asked for goes to stdout; what happens meanwhile, questions and errors go to stderr.
 * 2. With --json stdout holds JSON alone, one object a line, one line for each thing; the last may be {"error"}.
 * 3. An error is `rowferry: what happened`, then indented what to do. A stack only with --debug.
 * 4. A name or value from outside is printed with its control characters shown, never sent to the terminal.
 * 5. Colour only on a terminal that has it (NO_COLOR is honoured by Node); the words say it too.
 * 6. A secret is printed once, when it is made, and nowhere else.
 */
export class Ui {
  readonly #streams: Streams;
  #json = false;
  #debug = false;

  constructor(streams: Streams) {
    this.#streams = streams;
  }

  configure(flags: { readonly json?: boolean; readonly debug?: boolean }): void {
    this.#json = flags.json === true;
    this.#debug = flags.debug === true;
  }

  get json(): boolean {
    return this.#json;
  }

  get debug(): boolean {
    return this.#debug;
  }

  get stderr(): Stream {
    return this.#streams.stderr;
  }

  /** For content that is asked for and no text, such as a file. */
  get stdout(): Stream {
    return this.#streams.stdout;
  }

  get stdoutIsTerminal(): boolean {
    return this.#streams.stdout.isTTY === true;
  }

  get stderrIsTerminal(): boolean {
    return this.#streams.stderr.isTTY === true;
  }

  /** Characters of a line of the terminal; null where stdout is none. */
  get width(): number | null {
    return this.#streams.stdout.columns ?? null;
  }

  /** A line for a person; left out with --json. */
  line(text = ''): void {
    if (!this.#json) this.#streams.stdout.write(`${text}\n`);
  }

  /** A line of the answer with --json; left out without. `undefined` members vanish, a bigint goes as text. */
  data(value: object): void {
    if (this.#json) this.#streams.stdout.write(`${toJson(value)}\n`);
  }

  /** What happens meanwhile. */
  note(text: string): void {
    this.#streams.stderr.write(`${text}\n`);
  }

  /** Columns as wide as their widest cell; those whose head ends in `>` stand to the right. */
  table(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): void {
    for (const line of layOut(heads, rows)) this.line(line);
  }

  bold(text: string): string {
    return this.#styled(text, 1, 22);
  }
  good(text: string): string {
    return this.#styled(text, 32, 39);
  }
  warn(text: string): string {
    return this.#styled(text, 33, 39);
  }
  bad(text: string): string {
    return this.#styled(text, 31, 39);
  }
  dim(text: string): string {
    return this.#styled(text, 2, 22);
  }

  /** Says what went wrong, with --json on stdout too; the exit code is the caller's matter (exit-codes.ts). */
  error(error: unknown): void {
    this.explain(error);
    this.data({ error: errorDocument(error) });
  }

  /** Only the words; of which file, where there may be several. */
  explain(error: unknown, file?: string): void {
    const { detail, hint } = told(error);
    const named = file === undefined || detail.includes(file) ? detail : `${file}: ${detail}`;
    this.note(`rowferry: ${oneLine(named)}`);
    for (const each of problems(error)) this.note(`  ${oneLine(each)}`);
    if (hint !== undefined) this.note(`  ${oneLine(hint)}`);
    if (this.#debug && error instanceof Error) this.note(error.stack ?? '');
  }

  #styled(text: string, on: number, off: number): string {
    return this.#streams.stdout.hasColors?.() === true ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }
}

/** What of a terminal or pipe is used. */
export interface Stream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
}

export interface Streams {
  /** Default: that of the process. */
  readonly stdin?: Readable;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

/** The member `error` of a line of JSON. */
export function errorDocument(error: unknown): Record<string, unknown> {
  const { detail, hint } = told(error);
  const code = error instanceof RowferryError ? error.code : 'internal';
  return { code, detail, ...(hint === undefined ? {} : { hint }) };
}

function told(error: unknown): { detail: string; hint?: string } {
  if (error instanceof RowferryError) {
    return error.hint === undefined ? { detail: error.detail } : { detail: error.detail, hint: error.hint };
  }
  const detail = error instanceof Error ? error.message : String(error);
  // An error of the operating system (no space, no right) says all there is to say.
  if (error instanceof Error && 'syscall' in error) return { detail };
  return { detail: `something went wrong inside: ${detail}`, hint: 'run it again with --debug to see where' };
}

function problems(error: unknown): string[] {
  if (!(error instanceof RowferryError)) return [];
  return (error.errors ?? []).flatMap(({ pointer, detail }) => (detail ? [`${pointer}: ${detail}`] : []));
}

function toJson(value: object): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' ? String(member) : member,
  );
}

export function layOut(heads: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const right = heads.map((head) => head.endsWith('>'));
  const names = heads.map((head) => head.replace(/>$/, ''));
  const widths = names.map((name, column) =>
    Math.max(widthOfText(name), ...rows.map((row) => widthOfText(row[column] ?? ''))),
  );
  const pad = (cell: string, column: number): string => {
    const space = ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOfText(cell)));
    return right[column] ? space + cell : cell + space;
  };
  const lines = [names, widths.map((width) => '─'.repeat(width)), ...rows];
  return lines.map((row) => row.map(pad).join('  ').trimEnd());
}
