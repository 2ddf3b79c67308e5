import { resolveDialect } from '../../../src/csv/dialect.ts';
import { type GeneralOptions, readGeneral } from '../../../src/csv/general/read.ts';
import type { Dialect } from '../../../src/model/dialect.ts';
import type { Tape } from '../../../src/model/tape.ts';
import { bytesOf } from '../records.ts';

export const text = (content: string): Uint8Array<ArrayBuffer> => bytesOf(content);

/** As a program in this encoding writes it; only what the encoding has. */
export function encoded(
  content: string,
  encoding: 'utf-16le' | 'utf-16be' | 'latin1',
): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(content, encoding === 'latin1' ? 'latin1' : 'utf16le');
  return new Uint8Array(encoding === 'utf-16be' ? bytes.swap16() : bytes);
}

export function readAll(
  content: string | Uint8Array<ArrayBuffer>,
  dialect: Partial<Dialect> = {},
  options: Partial<GeneralOptions> = {},
): Tape {
  const bytes = typeof content === 'string' ? text(content) : content;
  return readGeneral(bytes, resolveDialect(dialect), { width: 3, last: true, ...options });
}
