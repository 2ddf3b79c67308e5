import { DEFAULT_DIALECT, type Dialect } from '../../model/dialect.ts';
import { ambiguous, type Question, type Reading } from './question.ts';
import { type Sniffed, type SniffOptions, sniff } from './sniff.ts';

/** A content that can be read anywhere. */
export interface Content {
  /** Bytes. */
  readonly size: number;
  /** Fills the buffer from `position`, less only at the end; the bytes read. */
  readAt(position: number, buffer: Uint8Array): Promise<number>;
}

/** A dialect to load a content with. */
export interface Told {
  readonly dialect: Dialect;
  readonly evidence: Sniffed['evidence'];
  /** The dialect is another one than what is declared, and else RFC 4180. */
  readonly found: boolean;
  /** What is taken for records although it may be none, each for a person. */
  readonly warnings: readonly string[];
}

const HEAD_BYTES = 1 << 20;
const TAIL_BYTES = 1 << 16;

/**
 * The dialect of a content by its first MiB and its end; null where it is what is declared, and else RFC 4180, without
 * a doubt.
 * `dialect-ambiguous` where the data do not decide.
 */
export async function sniffContent(
  content: Content,
  options: Pick<SniffOptions, 'table' | 'declared'>,
): Promise<Told | null> {
  const whole = content.size <= HEAD_BYTES;
  const head = await piece(content, 0, HEAD_BYTES);
  const tail = whole ? head : await piece(content, content.size - TAIL_BYTES, TAIL_BYTES);
  const { dialect, evidence, questions, warnings } = sniff(head, { ...options, whole, tail });
  const [question] = questions;
  if (question !== undefined) throw ambiguous(withDeclared(question, options.declared));
  const found = isOther(dialect, { ...DEFAULT_DIALECT, ...options.declared });
  return found || warnings.length > 0 ? { dialect, evidence, found, warnings } : null;
}

/** What is to be typed says all that was declared before. */
function withDeclared(
  { about, readings: [one, other] }: Question,
  declared: Partial<Dialect> = {},
): Question {
  const both = (reading: Reading): Reading => ({ ...reading, dialect: { ...declared, ...reading.dialect } });
  return { about, readings: [both(one), both(other)] };
}

async function piece(content: Content, from: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(Math.min(length, content.size - from));
  return buffer.subarray(0, await content.readAt(from, buffer));
}

function isOther(a: Dialect, b: Dialect): boolean {
  return Object.entries(a).some(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(Reflect.get(b, name)),
  );
}
