import { isTyped, lookOf } from '../csv/sniff/cells.ts';
import { areYearNames } from '../csv/sniff/header.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../model/tape.ts';
import { classOf, TEXT } from './value-class.ts';

export interface HeaderGuess {
  readonly header: boolean;
  /** Null where the content leaves no doubt; otherwise what was assumed, and why. */
  readonly doubt: string | null;
}

/** A name has a letter in it, and no more than this many characters. */
const NAME = /^(?=.*\p{L})[^\r\n]{1,128}$/u;

/**
 * Whether the first record of a sample names the columns, as nobody said so: it does not when one of its fields is a
 * number, a date or the like; it does when all are texts and some column below is not. Where all columns are text, it
 * does when its fields look like names, are different, and none comes again in its column; that is said.
 */
export function guessHeader(sample: Tape, width: number): HeaderGuess {
  const names = Array.from({ length: Math.min(width, sample.fieldCounts[0] ?? 0) }, (_, i) => i);
  if (names.length === 0 || (sample.faults[0] ?? 0) !== 0) return { header: false, doubt: null };
  const view = new DataView(sample.bytes.buffer, sample.bytes.byteOffset, sample.bytes.length);
  const rows = textsOf(sample, names.length);
  const [first = [], ...below] = rows;
  if (areYearNames(first, below)) {
    return {
      header: true,
      doubt: 'the first record has years above columns of other numbers, so it was taken for a header',
    };
  }
  const classes = names.map((slot) => slotClass(sample, view, slot));
  const looks = first.some((text) => isTyped(lookOf(text)));
  if (looks || classes.some((each) => (each & ~TEXT) !== 0) || classes.every((each) => each === 0)) {
    return { header: false, doubt: null };
  }
  if (names.some((field) => isOfOneType(sample, view, field) || looksTyped(below, field)))
    return { header: true, doubt: null };
  return ofTexts(sample, names);
}

function ofTexts(sample: Tape, names: readonly number[]): HeaderGuess {
  const texts = names.map((slot) => fieldText(sample, slot));
  const different = new Set(texts).size === texts.length && texts.every((text) => NAME.test(text));
  const again = names.find((field) => comesAgain(sample, field, texts[field] ?? ''));
  if (different && again === undefined) {
    return {
      header: true,
      doubt: 'the first record looks like names and all columns are text, so it was taken for a header',
    };
  }
  return { header: false, doubt: 'the first record does not look like names, so it was taken for data' };
}

/** Records that tell what a column looks like. */
const TELLING = 60;

function textsOf(sample: Tape, fields: number): string[][] {
  return Array.from({ length: Math.min(sample.records, TELLING) }, (_, r) =>
    Array.from({ length: fields }, (_, field) => fieldText(sample, r * sample.width + field)),
  );
}

/** All have a form of their own, such as 31.12.2020 and 1.234,50. */
function looksTyped(rows: readonly string[][], field: number): boolean {
  const looks = rows.map((row) => lookOf(row[field] ?? '')).filter((look) => look !== 'empty');
  return looks.length > 0 && looks.every(isTyped);
}

/** The columns of the tape, in the order of their slots, have a class that no text has. */
function isOfOneType(sample: Tape, view: DataView, field: number): boolean {
  let classes = 0;
  for (let r = 1; r < sample.records; r++) classes |= slotClass(sample, view, r * sample.width + field);
  return classes !== 0 && (classes & TEXT) === 0;
}

function comesAgain(sample: Tape, field: number, name: string): boolean {
  for (let r = 1; r < sample.records; r++) {
    if (fieldText(sample, r * sample.width + field) === name) return true;
  }
  return false;
}

/** 0 for NULL. */
function slotClass(sample: Tape, view: DataView, slot: number): number {
  const flag = sample.flags[slot] ?? 0;
  if (flag & FIELD_NULL) return 0;
  return flag & FIELD_DOUBLED
    ? TEXT
    : classOf(sample.bytes, view, sample.starts[slot] ?? 0, sample.ends[slot] ?? 0);
}
