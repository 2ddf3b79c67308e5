import type { Dialect } from '../model/dialect.ts';
import type { Tape } from '../model/tape.ts';
import { isPlain, scanBytes } from './dialect.ts';
import { type GeneralOptions, readGeneral } from './general/read.ts';
import { scan } from './scan.ts';

/** Bytes of any dialect → tape, by the faster of the readers that can. */
export function readRecords(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect, options: GeneralOptions): Tape {
  if (!isPlain(dialect)) return readGeneral(bytes, dialect, options);
  return scan(bytes, { ...scanBytes(dialect), ...options });
}
