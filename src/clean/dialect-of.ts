import { open } from 'node:fs/promises';
import { resolveDialect } from '../csv/dialect.ts';
import { ambiguous, type Question } from '../csv/sniff/question.ts';
import { sniff } from '../csv/sniff/sniff.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { CleanOptions } from './report.ts';
import { unreadable } from './source.ts';

const HEAD = 1 << 20;
const TAIL = 1 << 16;

/** Values are written as they came, so how they are to be read makes no difference. */
const OF_VALUES = [
  'nullSequence',
  'decimalChar',
  'groupChar',
  'dateFormat',
  'datetimeFormat',
  'timeZone',
  'trueValues',
  'falseValues',
] as const satisfies readonly (keyof Dialect)[];

/**
 * The dialect that a file is cleaned with: what is declared, with `auto` what is sniffed, and the mark of UTF-16.
 * `dialect-invalid`; `dialect-ambiguous` where the data do not decide.
 */
export async function dialectOf(path: string, options: CleanOptions): Promise<Dialect> {
  const declared = options.dialect ?? {};
  const resolved = resolveDialect(declared);
  const { head, tail, whole } = await ends(path);
  if (options.auto === true) {
    const { dialect, questions } = sniff(head, { declared, whole, tail });
    const question = questions.find(concernsFields);
    if (question !== undefined) throw ambiguous(question);
    return resolveDialect({ ragged: 'repair', ...structureOf(dialect), ...declared });
  }
  const marked = resolved.encoding === 'utf-8' ? markedEncoding(head) : null;
  return marked === null ? resolved : { ...resolved, encoding: marked };
}

function concernsFields({ readings }: Question): boolean {
  const names: readonly string[] = OF_VALUES;
  return readings.some(({ dialect }) => Object.keys(dialect).some((name) => !names.includes(name)));
}

function structureOf({ ragged: _ragged, ...dialect }: Dialect): Partial<Dialect> {
  const values = Object.fromEntries(OF_VALUES.map((name) => [name, DEFAULT_DIALECT[name]]));
  return { ...dialect, ...values };
}

/** The encoding that a byte order mark of UTF-16 tells. */
function markedEncoding(head: Uint8Array): string | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null;
}

interface Ends {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** The head is all there is. */
  readonly whole: boolean;
}

async function ends(path: string): Promise<Ends> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const { size } = await file.stat();
    const piece = async (from: number, length: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    };
    const head = await piece(0, Math.min(size, HEAD));
    return { head, tail: await piece(Math.max(0, size - TAIL), Math.min(size, TAIL)), whole: size <= HEAD };
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}
