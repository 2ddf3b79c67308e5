import { FIELD_NULL, NOT_READ, type Tape } from '../../model/tape.ts';

/** Array literals, and the elements in them as a tape of their own. */

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;
const LOWER = 0x20;
const NULL_WORD = [110, 117, 108, 108];
/** MAXDIM of PostgreSQL. */
const MOST_DIMENSIONS = 6;

/** A tape of one column, with an element of an array in each record. */
export class Elements {
  readonly tape: Tape;
  readonly room: number;
  count = 0;
  /** Bytes of elements. */
  used = 0;

  /** For literals of `room` bytes together. */
  constructor(room: number) {
    // An element has a byte before it at least, and one of its own or another behind it.
    const most = (room >> 1) + 1;
    const none = new Int32Array(0);
    this.room = room;
    this.tape = {
      bytes: new Uint8Array(room),
      width: 1,
      records: most,
      starts: new Int32Array(most),
      ends: new Int32Array(most),
      flags: new Uint8Array(most),
      integers: new Int32Array(most),
      recordStarts: none,
      recordEnds: none,
      recordLines: none,
      fieldCounts: none,
      faults: new Uint8Array(0),
      consumed: room,
      lines: 0,
    };
  }

  clear(): void {
    this.count = 0;
    this.used = 0;
  }

  /** Ends the element whose bytes begin at `start`. */
  end(start: number, flags: number): void {
    const { starts, ends, flags: all, integers } = this.tape;
    starts[this.count] = start;
    ends[this.count] = this.used;
    all[this.count] = flags;
    integers[this.count++] = NOT_READ;
  }
}

/**
 * Array literals (postgresql.org/docs, 8.15.6). Not read are those with bounds, backslashes or control characters outside
 * of quotes, spaces around the whole, and parts that are empty or not of one length.
 */
export class ArrayLiteral {
  /** Lengths of the dimensions of the last literal; none for an empty array. */
  readonly lengths = new Int32Array(MOST_DIMENSIONS);
  dimensions = 0;
  #elements: Elements = new Elements(0);
  #bytes = this.#elements.tape.bytes;
  #at = 0;
  #end = 0;
  /** Index of the dimension that holds the elements; -1 before the first of them. */
  #innermost = -1;

  /** Its elements behind those that are there; false where the literal is not read. */
  read(bytes: Uint8Array<ArrayBuffer>, start: number, end: number, elements: Elements): boolean {
    this.#elements = elements;
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#innermost = -1;
    for (let d = 0; d < MOST_DIMENSIONS; d++) this.lengths[d] = 0;
    const isRead = this.#next() === OPEN && (this.#readEmpty() || this.#readPart(0)) && this.#at === end;
    this.dimensions = this.#innermost + 1;
    return isRead;
  }

  /** The byte that comes; 0 at the end. */
  #next(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : 0;
  }

  #skipSpaces(): void {
    while (this.#next() === SPACE) this.#at++;
  }

  #readEmpty(): boolean {
    const start = this.#at++;
    this.#skipSpaces();
    const isEmpty = this.#next() === CLOSE;
    this.#at = isEmpty ? this.#at + 1 : start;
    return isEmpty;
  }

  #readPart(dimension: number): boolean {
    let length = 0;
    for (let c = COMMA; c === COMMA; length++) {
      this.#at++;
      this.#skipSpaces();
      if (!this.#readItem(dimension)) return false;
      this.#skipSpaces();
      c = this.#next();
      if (c !== COMMA && c !== CLOSE) return false;
    }
    this.#at++;
    const known = this.lengths[dimension] ?? 0;
    this.lengths[dimension] = length;
    return known === 0 || known === length;
  }

  /** All elements stand in one dimension. */
  #readItem(dimension: number): boolean {
    if (this.#next() === OPEN) {
      return (
        this.#innermost !== dimension && dimension + 1 < MOST_DIMENSIONS && this.#readPart(dimension + 1)
      );
    }
    if (this.#innermost < 0) this.#innermost = dimension;
    if (this.#innermost !== dimension) return false;
    return this.#next() === QUOTE ? this.#readQuoted() : this.#readPlain();
  }

  #readQuoted(): boolean {
    const from = this.#bytes;
    const end = this.#end;
    const start = this.#elements.used;
    const { bytes } = this.#elements.tape;
    let to = start;
    let at = this.#at + 1;
    for (; at < end && from[at] !== QUOTE; at++) {
      if (from[at] === BACKSLASH) at++;
      bytes[to++] = from[at] ?? 0;
    }
    this.#at = at + 1;
    this.#elements.used = to;
    this.#elements.end(start, 0);
    return at < end;
  }

  /** Up to a comma or brace, without the spaces before it. */
  #readPlain(): boolean {
    const from = this.#bytes;
    const stop = this.#end;
    const start = this.#elements.used;
    const { bytes } = this.#elements.tape;
    let at = this.#at;
    let to = start;
    let end = start;
    for (; at < stop && from[at] !== COMMA && from[at] !== CLOSE; at++) {
      const c = from[at] ?? 0;
      if (c < SPACE || c === QUOTE || c === BACKSLASH || c === OPEN) return false;
      bytes[to++] = c;
      if (c !== SPACE) end = to;
    }
    this.#at = at;
    const isNull = end - start === NULL_WORD.length && isNullWord(bytes, start);
    this.#elements.used = isNull ? start : end;
    this.#elements.end(start, isNull ? FIELD_NULL : 0);
    return end > start;
  }
}

const isNullWord = (bytes: Uint8Array, at: number): boolean =>
  NULL_WORD.every((letter, i) => ((bytes[at + i] ?? 0) | LOWER) === letter);
