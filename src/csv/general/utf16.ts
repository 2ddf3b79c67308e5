import { placesByUnits, REPLACEMENT, type Transcoded, type Untranscoded } from './transcoded.ts';

const UNIT = 2;
/** Bytes of UTF-8 for one code unit. */
const MOST = 3;

export function transcodeUtf16(job: Untranscoded): Transcoded {
  const { raw, from, last } = job;
  const start = raw.length;
  const whole = raw.length - ((raw.length - from) % UNIT);
  const bytes = new Uint8Array(start + ((whole - from) / UNIT) * MOST + MOST);
  bytes.set(raw);
  const writer = new Writer(bytes, start);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.length);
  const little = job.encoding === 'utf-16le';
  for (let i = from; i < whole; i += UNIT) {
    const unit = view.getUint16(i, little);
    if (!isSurrogate(unit)) {
      writer.unit(unit);
      continue;
    }
    const next = i + UNIT < whole ? view.getUint16(i + UNIT, little) : -1;
    // The other half may come with more bytes.
    if (isFirst(unit) && next < 0 && !last) break;
    if (isFirst(unit) && isSecond(next)) {
      writer.pair(unit, next);
      i += UNIT;
    } else writer.invalid();
  }
  if (last && whole < raw.length) writer.invalid();
  const extent = { bytes, start, end: writer.at };
  const original = placesByUnits(extent, job, { bytes: UNIT, pairs: true });
  return { ...extent, invalid: writer.invalids, original };
}

const isSurrogate = (unit: number): boolean => (unit & 0xf800) === 0xd800;
const isFirst = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isSecond = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

class Writer {
  at: number;
  readonly invalids: number[] = [];
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  unit(c: number): void {
    if (c < 0x80) {
      this.#bytes[this.at++] = c;
      return;
    }
    if (c >= 0x800) {
      this.#bytes[this.at++] = 0xe0 | (c >> 12);
      this.#bytes[this.at++] = 0x80 | ((c >> 6) & 0x3f);
    } else this.#bytes[this.at++] = 0xc0 | (c >> 6);
    this.#bytes[this.at++] = 0x80 | (c & 0x3f);
  }

  pair(first: number, second: number): void {
    const c = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
    this.#bytes[this.at++] = 0xf0 | (c >> 18);
    this.#bytes[this.at++] = 0x80 | ((c >> 12) & 0x3f);
    this.#bytes[this.at++] = 0x80 | ((c >> 6) & 0x3f);
    this.#bytes[this.at++] = 0x80 | (c & 0x3f);
  }

  invalid(): void {
    this.invalids.push(this.at);
    for (const byte of REPLACEMENT) this.#bytes[this.at++] = byte;
  }
}
