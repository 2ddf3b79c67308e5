import { RowferryError } from '../errors.ts';
import type { InputKind } from './input.ts';

/** What a file is by its first bytes, which cannot be those of a text; its name alone may be mistaken. */

/** A tar archive says what it is at byte 257. */
export const HEAD_BYTES = 262;

interface Signature {
  readonly bytes: readonly number[];
  readonly at?: number;
}

const READABLE: ReadonlyArray<Signature & { readonly kind: InputKind }> = [
  { kind: 'gzip', bytes: [0x1f, 0x8b] },
  { kind: 'zstd', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
  { kind: 'zip', bytes: [0x50, 0x4b, 0x03, 0x04] },
  { kind: 'zip', bytes: [0x50, 0x4b, 0x05, 0x06] },
];

interface Foreign extends Signature {
  readonly what: string;
  /** Makes of it what can be read. */
  readonly unpack: string;
}

const FOREIGN: readonly Foreign[] = [
  { what: 'an xz file', bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], unpack: 'unxz' },
  // BZh, a level, and the digits of pi: BZh alone could begin a text.
  { what: 'a bzip2 file', at: 4, bytes: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59], unpack: 'bunzip2' },
  { what: 'an lz4 file', bytes: [0x04, 0x22, 0x4d, 0x18], unpack: 'unlz4' },
  { what: 'a file of compress', bytes: [0x1f, 0x9d], unpack: 'uncompress' },
  { what: 'a 7z archive', bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], unpack: '7z x' },
  { what: 'a rar archive', bytes: [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07], unpack: 'unrar x' },
  { what: 'a tar archive', at: 257, bytes: [0x75, 0x73, 0x74, 0x61, 0x72], unpack: 'tar -xf' },
  { what: 'a PDF', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], unpack: '' },
  { what: 'an old spreadsheet', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], unpack: '' },
];

const NAMES: ReadonlyArray<readonly [ending: RegExp, expected: string]> = [
  [/\.gz$/i, 'gzip'],
  [/\.zst$/i, 'zstd'],
  [/\.zip$/i, 'a zip archive'],
];

/**
 * What the file of this name and these first bytes (HEAD_BYTES, or all of a shorter one) is. Throws `file-unreadable`
 * for another kind of archive, and where name and content contradict each other.
 */
export function kindOf(name: string, head: Uint8Array): InputKind {
  const found = kindByContent(head);
  if (found !== 'plain') return found;
  refuseForeign(name, name, head);
  const expected = NAMES.find(([ending]) => ending.test(name))?.[1];
  if (expected === undefined) return 'plain';
  const what = head.length === 0 ? 'is empty' : 'holds something else';
  throw new RowferryError('file-unreadable', `${name} ${what}; by its name it is ${expected}`, {
    hint: 'if it is plain text, rename it to end in .csv; else have it sent again',
  });
}

/** Throws `file-unreadable` for a content that would have to be unpacked once more. */
export function refuseNested(label: string, head: Uint8Array): void {
  const nested = kindByContent(head);
  if (nested !== 'plain') throw nestedIn(label, nested);
  refuseForeign(`the content of ${label}`, '', head);
}

export function nestedIn(label: string, what: string): RowferryError {
  return new RowferryError(
    'file-unreadable',
    `${label} holds ${what} within what is packed already; expected CSV`,
    { hint: 'unpack it once, then load what comes out' },
  );
}

function kindByContent(head: Uint8Array): InputKind {
  const found = READABLE.find((signature) => begins(head, signature));
  if (found !== undefined) return found.kind;
  // RFC 8878, 3.1.2: a skippable frame may come first, and has sixteen magic numbers.
  const skippable = (head[0] ?? 0) >> 4 === 5 && begins(head, { at: 1, bytes: [0x2a, 0x4d, 0x18] });
  return skippable ? 'zstd' : 'plain';
}

function refuseForeign(what: string, file: string, head: Uint8Array): void {
  const foreign = FOREIGN.find((signature) => begins(head, signature));
  if (foreign === undefined) return;
  throw new RowferryError(
    'file-unreadable',
    `${what} is ${foreign.what}; expected CSV, or CSV in .gz, .zst or .zip`,
    { hint: foreign.unpack === '' ? 'save it as CSV' : `unpack it first: ${foreign.unpack} ${file}`.trim() },
  );
}

function begins(head: Uint8Array, { bytes, at = 0 }: Signature): boolean {
  return bytes.every((byte, index) => head[at + index] === byte);
}
