import type { PlannedType } from '../model/table-plan.ts';
import { type ColumnProfile, isOneType, isWrittenOneWay } from './column-profile.ts';
import {
  BOOLEAN,
  CLASS_NAMES,
  DATE,
  DATETIME,
  DATETIME_OFFSET,
  DECIMAL,
  FLOAT,
  INTEGER,
  JSON_VALUE,
  TIME,
  UUID,
} from './value-class.ts';

const MOST_32 = 2n ** 31n - 1n;
const LEAST_32 = -(2n ** 31n);
/** Digits that a double keeps. */
const DOUBLE_DIGITS = 15;
const FIRST_TIMESTAMP_YEAR = 1971;
const LAST_TIMESTAMP_YEAR = 2037;
/** A key of texts has at most so many characters. */
const KEY_CHARACTERS = 255;

/** The narrowest type that holds every value of the column as it is. */
export function columnType(profile: ColumnProfile): PlannedType {
  const { classes } = profile;
  if (classes === 0 || profile.isText || !isOneType(classes)) return { kind: 'text' };
  if (classes & (INTEGER | DECIMAL | FLOAT)) return numberType(profile);
  switch (classes) {
    case BOOLEAN:
      return { kind: 'boolean' };
    case DATE:
      return { kind: 'date' };
    case UUID:
      return { kind: 'uuid' };
    case JSON_VALUE:
      return { kind: 'json' };
    case TIME:
      return { kind: 'time', fractionDigits: profile.fractionDigits };
    default:
      return datetimeType(profile);
  }
}

function numberType(profile: ColumnProfile): PlannedType {
  const { classes, scale, significant } = profile;
  const whole = Math.max(profile.wholeDigits, integerDigits(profile));
  if (classes & FLOAT) {
    return Math.max(significant, integerDigits(profile)) <= DOUBLE_DIGITS
      ? { kind: 'float' }
      : { kind: 'text' };
  }
  if (classes & DECIMAL) return { kind: 'decimal', precision: Math.max(1, whole + scale), scale };
  const [least, most] = [profile.least ?? 0n, profile.most ?? 0n];
  return { kind: 'integer', bits: least >= LEAST_32 && most <= MOST_32 ? 32 : 64 };
}

/** Of the longest whole number. */
function integerDigits({ least, most }: ColumnProfile): number {
  if (least === null || most === null) return 0;
  return Math.max(...[least, most].map((value) => String(value).replace('-', '').length));
}

function datetimeType({ classes, fractionDigits, firstYear, lastYear }: ColumnProfile): PlannedType {
  const zone = classes & DATETIME ? 'none' : classes & DATETIME_OFFSET ? 'any' : 'utc';
  const inTimestamp = firstYear >= FIRST_TIMESTAMP_YEAR && lastYear <= LAST_TIMESTAMP_YEAR;
  return { kind: 'datetime', fractionDigits, zone, inTimestamp };
}

/** What the type rests on, in words. */
export function evidenceOf(profile: ColumnProfile): string {
  const rows = profile.values + profile.nulls;
  const empty = profile.nulls === 0 ? '' : `${profile.nulls} of ${rows} empty`;
  if (profile.values === 0) return rows === 0 ? 'no rows' : `all ${rows} empty`;
  return [valuesOf(profile), empty].filter((part) => part !== '').join('; ');
}

function valuesOf(profile: ColumnProfile): string {
  const { least, most, maxCharacters, madeText } = profile;
  const type = columnType(profile);
  switch (type.kind) {
    case 'integer':
      return `${least} to ${most}`;
    case 'text':
      return `longest ${maxCharacters}${madeText === null ? inexact(profile) : reasonFor(madeText)}`;
    case 'decimal':
      return `digits before the point ${type.precision - type.scale}, after it ${type.scale}`;
    case 'datetime':
      return `${type.zone === 'none' ? 'no zone' : type.zone === 'utc' ? 'all in UTC' : 'with offsets'}`;
    default:
      return `all ${namesOf(profile.classes)}`;
  }
}

function inexact({ classes }: ColumnProfile): string {
  return classes & FLOAT ? '; text, as a double would not keep all digits' : '';
}

/** A column of words needs no reason. */
function reasonFor({ value, line, before }: NonNullable<ColumnProfile['madeText']>): string {
  const quoted = JSON.stringify(value);
  if (before !== 0) return `; text, as ${namesOf(before)} are mixed with ${quoted} in line ${line}`;
  if (!/^[+-]?\d+(?:\.\d*)?$/.test(value)) return '';
  return `; text, as ${quoted} in line ${line} has a ${value.startsWith('+') ? 'plus' : 'zero'} in front`;
}

function namesOf(classes: number): string {
  return CLASS_NAMES.flatMap(([each, name]) => (classes & each ? [name] : [])).join(' and ');
}

/** Whether values that are written differently are different, so that the column can be part of a key. */
export function canBeKey(profile: ColumnProfile): boolean {
  const type = columnType(profile);
  if (profile.values === 0 || profile.nulls > 0) return false;
  return isComparable(profile) && type.kind !== 'boolean';
}

/** The same without the rule that no value may be missing: for the columns of foreign keys. */
export function isComparable(profile: ColumnProfile): boolean {
  const type = columnType(profile);
  switch (type.kind) {
    case 'integer':
      return true;
    case 'decimal':
      return !profile.pointed;
    case 'uuid':
      return !(profile.upperCase && profile.lowerCase);
    case 'text':
      return profile.values > 0 && profile.maxCharacters <= KEY_CHARACTERS && !profile.endsWithSpace;
    case 'date':
    case 'time':
    case 'datetime':
      return isWrittenOneWay(profile);
    default:
      return false;
  }
}
