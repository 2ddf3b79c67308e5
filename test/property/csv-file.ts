import type { Random } from './random.ts';
import type { FieldValue } from './values.ts';

const encoder = new TextEncoder();

/** `id,v` and a record for each value, with ids from `first` on; quoted where it must be and sometimes where it need not. */
export function csvFile(
  values: readonly FieldValue[],
  first: number,
  random: Random,
): Uint8Array<ArrayBuffer> {
  const end = random.pick(['\n', '\r\n', '\r']);
  const pieces: Uint8Array<ArrayBuffer>[] = [encoder.encode(`id,v${end}`)];
  values.forEach((value, nth) => {
    pieces.push(encoder.encode(`${first + nth},`), fieldBytes(value, random), encoder.encode(end));
  });
  return new Uint8Array(Buffer.concat(pieces));
}

function fieldBytes(value: FieldValue, random: Random): Uint8Array<ArrayBuffer> {
  if (value === null) return new Uint8Array(0);
  if (value instanceof Uint8Array) return quoted(value);
  const must = value === '' || /[",\r\n]/.test(value);
  return encoder.encode(must || random.oneIn(4) ? `"${value.replaceAll('"', '""')}"` : value);
}

const QUOTE = 34;
const quoted = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from([QUOTE, ...bytes, QUOTE]);
