import { CR, LF, type Marks, stands } from './marks.ts';

/** Text in UTF-8 within bytes. */
export interface Extent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly end: number;
  /** Nothing follows. */
  readonly last: boolean;
}

/** What stands after a field. */
export const DELIMITER = 0;
export const RECORD_END = 1;
/** Nothing that ends a field; or the bytes end. */
export const NOTHING = 2;
export type Ending = typeof DELIMITER | typeof RECORD_END | typeof NOTHING;

/** What stands at the places of a text. */
export class Text implements Extent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly end: number;
  readonly last: boolean;
  readonly marks: Marks;

  constructor({ bytes, end, last }: Extent, marks: Marks) {
    this.bytes = bytes;
    this.end = end;
    this.last = last;
    this.marks = marks;
  }

  /** What ends a field before this byte. */
  endingAt(i: number): Ending {
    const { delimiter, terminator } = this.marks;
    const c = this.bytes[i];
    if (terminator === null) {
      if (c === LF || c === CR) return RECORD_END;
    } else if (c === terminator[0] && stands(terminator, this.bytes, i, this.end)) {
      return RECORD_END;
    }
    return c === delimiter[0] && stands(delimiter, this.bytes, i, this.end) ? DELIMITER : NOTHING;
  }

  /** Bytes of the record end that stands here; 0: none; -1: a CR after which an LF may follow. */
  recordEndAt(i: number): number {
    const { terminator } = this.marks;
    if (i >= this.end) return 0;
    const c = this.bytes[i];
    if (terminator !== null) {
      return c === terminator[0] && stands(terminator, this.bytes, i, this.end) ? terminator.length : 0;
    }
    if (c === LF) return 1;
    if (c !== CR) return 0;
    if (i + 1 >= this.end) return this.last ? 1 : -1;
    return this.bytes[i + 1] === LF ? 2 : 1;
  }

  /** The next record end from here on, whatever quotes say; the end of the bytes where there is none. */
  recordEndFrom(from: number): number {
    let i = from;
    while (i < this.end && this.recordEndAt(i) === 0) i++;
    return i;
  }

  /** The first byte after a record end. */
  afterRecordEnd(at: number): number {
    return at + Math.abs(this.recordEndAt(at));
  }

  /** Line ends among bytes; a CR before an LF is none of its own. */
  linesIn(from: number, to: number): number {
    let lines = 0;
    for (let i = from; i < to; i++) {
      const c = this.bytes[i];
      if (c === LF || (c === CR && (i + 1 >= this.end || this.bytes[i + 1] !== LF))) lines++;
    }
    return lines;
  }

  /** Bytes here that lose their meaning after an escape; 0: the escape is data itself. */
  escapedAt(i: number): number {
    if (i >= this.end || this.marks.escapable[this.bytes[i] ?? 0] === 0) return 0;
    return this.bytes[i] === CR && this.bytes[i + 1] === LF && i + 1 < this.end ? 2 : 1;
  }

  isNullText(start: number, end: number): boolean {
    const { nullText } = this.marks;
    if (nullText === null || end - start !== nullText.length || this.bytes[start] !== nullText[0])
      return false;
    return stands(nullText, this.bytes, start, end);
  }
}
