import type { Appended } from './appended.ts';
import { KEPT, UNREAD } from './converter.ts';

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const EXPONENT = 101;
const LOWER = 32;

/** Digits between two marks; with commas also in lakhs and crores, as India writes them: 12,34,567. */
const THOUSANDS = 3;
const LAKHS = 2;
const COMMA = 44;

export interface Marks {
  /** UTF-8. */
  readonly decimal: Uint8Array;
  readonly group: Uint8Array | null;
  /** A fraction may follow. */
  readonly fraction: boolean;
  /** A power of ten may follow. */
  readonly exponent: boolean;
}

/**
 * Numbers with marks of their own, written anew with a point alone. Marks between digits must stand where groups end:
 * otherwise one of them is likely to be a decimal mark, and 1.5 must not become 15, nor 0.125 become 125.
 */
export class MarkedNumber {
  readonly #marks: Marks;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Next byte to be read, and next one to be written. */
  #at = 0;
  #to = 0;
  #changed = false;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** KEPT, UNREAD or the start of the number, as a Converter. */
  read(area: Appended, start: number, end: number): number {
    area.room(end - start);
    const out = area.end;
    this.#bytes = area.bytes;
    this.#at = start;
    this.#to = out;
    this.#changed = false;
    if (!this.#number(end)) return UNREAD;
    if (!this.#changed) return KEPT;
    area.end = this.#to;
    return out;
  }

  #number(end: number): boolean {
    const { fraction, exponent } = this.#marks;
    this.#sign();
    const whole = this.#groups(end);
    if (whole < 0) return false;
    const places = fraction ? this.#fraction(end) : 0;
    if (whole + places === 0) return false;
    return this.#at === end || (exponent && this.#exponent(end));
  }

  #sign(): void {
    const byte = this.#bytes[this.#at];
    if (byte === MINUS || byte === PLUS) this.#take();
  }

  /** Digits before the decimal mark, -1 where a mark stands in the wrong place. */
  #groups(end: number): number {
    const { group } = this.#marks;
    const leading = this.#bytes[this.#at] === ZERO;
    let digits = this.#digits(end);
    if (group === null || !this.#stands(group, end)) return digits;
    const first = digits;
    if (leading || first < 1 || first > THOUSANDS) return -1;
    for (let size = 0; ; ) {
      this.#skip(group);
      const run = this.#digits(end);
      digits += run;
      if (!this.#stands(group, end)) return run === THOUSANDS && fits(first, size) ? digits : -1;
      if (run !== THOUSANDS && (run !== LAKHS || group[0] !== COMMA)) return -1;
      if (size !== 0 && run !== size) return -1;
      size = run;
    }
  }

  /** Digits after the decimal mark. */
  #fraction(end: number): number {
    const { decimal } = this.#marks;
    if (!this.#stands(decimal, end)) return 0;
    if (decimal[0] === POINT) this.#take();
    else {
      this.#skip(decimal);
      this.#bytes[this.#to++] = POINT;
    }
    return this.#digits(end);
  }

  #exponent(end: number): boolean {
    if (((this.#bytes[this.#at] ?? 0) | LOWER) !== EXPONENT) return false;
    this.#take();
    if (this.#at < end) this.#sign();
    return this.#digits(end) > 0 && this.#at === end;
  }

  #digits(end: number): number {
    const bytes = this.#bytes;
    const from = this.#at;
    let at = from;
    let to = this.#to;
    for (; at < end; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < ZERO || byte > ZERO + 9) break;
      bytes[to++] = byte;
    }
    this.#at = at;
    this.#to = to;
    return at - from;
  }

  #take(): void {
    this.#bytes[this.#to++] = this.#bytes[this.#at++] ?? 0;
  }

  #skip(mark: Uint8Array): void {
    this.#at += mark.length;
    this.#changed = true;
  }

  #stands(mark: Uint8Array, end: number): boolean {
    if (this.#at + mark.length > end) return false;
    for (let i = 0; i < mark.length; i++) if (this.#bytes[this.#at + i] !== mark[i]) return false;
    return true;
  }
}

/** Whether the first group is no longer than those between (0: there are none). */
function fits(first: number, size: number): boolean {
  return size === 0 || first <= size;
}
