import { RowferryError } from '../../errors.ts';

/** Changes its meaning in the middle of a text, so that no place of it can be read alone. */
const STATEFUL = 'iso-2022-jp';
const UTF_16LE = 'utf-16le';
const UTF_16BE = 'utf-16be';

export interface ContentEncoding {
  /** Canonical name of a WHATWG encoding. */
  readonly encoding: string;
  /** Bytes of the byte order mark. */
  readonly mark: number;
}

/**
 * The encoding of a content: as its byte order mark says, which goes before what was declared (Encoding Standard,
 * 6.1), else the declared one. `encoding-unsupported` for what cannot be read in parts.
 */
export function contentEncoding(start: Uint8Array, declared: string): ContentEncoding {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', mark: 3 };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: UTF_16LE, mark: 2 };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: UTF_16BE, mark: 2 };
  if (declared !== STATEFUL) return { encoding: declared, mark: 0 };
  throw new RowferryError('encoding-unsupported', `${declared} cannot be read part by part`, {
    hint: `convert it: iconv -f ${declared.toUpperCase()} -t UTF-8 old.csv > new.csv`,
  });
}

export const isUtf16 = (encoding: string): boolean => encoding === UTF_16LE || encoding === UTF_16BE;

/** UTF-8 whose code units are bytes: nothing has to be transcoded. */
export const isUtf8Encoding = (encoding: string): boolean => encoding === 'utf-8';

/** Text in UTF-16, or in any other encoding where it is ASCII; null where it is not. */
export function encodeAscii(text: string, encoding: string): Uint8Array<ArrayBuffer> | null {
  if (!isUtf16(encoding))
    return /^[\0-\x7f]*$/.test(text) || encoding === 'utf-8' ? encoder.encode(text) : null;
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), encoding === UTF_16LE);
  return bytes;
}

const encoder = new TextEncoder();
