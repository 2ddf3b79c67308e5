import { inputEnding } from '../lib/input-name.ts';

/** File names as they come from a folder: any bytes but NUL and the slash, at most 255 of them. */

const MAX_NAME_BYTES = 255;
const UNFINISHED = /\.(?:tmp|part|crdownload)$/i;

/** What is X.csv.done for X.csv: the sender says that X.csv is complete. */
export const MARKER = '.done';

/** Hidden files, editors' and downloads' unfinished ones: they get their real name when they are ready. */
export function isIgnored(name: string): boolean {
  return name.startsWith('.') || name.startsWith('~') || UNFINISHED.test(name);
}

export function isInput(name: string): boolean {
  return inputEnding(name) !== '';
}

export function isMarker(name: string): boolean {
  return name.endsWith(MARKER) && isInput(name.slice(0, -MARKER.length));
}

/**
 * A name whose bytes were read as Latin-1 (each byte one character, nothing lost), as text. Bytes that are not
 * UTF-8 are shown as %XX: decoded with U+FFFD, two names could become one.
 */
export function shownName(latin1: string): string {
  if (/^[ -~]*$/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  return latin1.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Room for what `nameBeside` adds, so that it never cuts an id in two. */
const ROOM_BESIDE = 16;

/** `jobs.csv` → `jobs-01J….csv`: still recognised as a file of its table when it is dropped again. */
export function nameWith(name: string, id: string): string {
  const ending = inputEnding(name);
  const tail = `-${id}${ending}`;
  const stem = name.slice(0, name.length - ending.length);
  return cut(stem, MAX_NAME_BYTES - ROOM_BESIDE - tail.length) + tail;
}

/** The name with an ending added, cut so that a file system takes it. */
export function nameBeside(name: string, ending: string): string {
  return cut(name, MAX_NAME_BYTES - Buffer.byteLength(ending)) + ending;
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
