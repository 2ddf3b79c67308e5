/** The ways that a date may be written, its digits aside. */
export interface DateForm {
  /** Equal for texts that are written alike. */
  readonly key: string;
  /** ISO 8601. */
  readonly iso: boolean;
  /** As strptime reads it: the orders that are in use for the form. */
  readonly formats: readonly string[];
}

const DATE = /^(\d{1,4})([-/. ])(\d{1,2})\2(\d{1,4})(.*)$/;
const COMPACT = /^(\d{8})(.*)$/;
const DAY_NAMED = /^\d{1,2}([-/. ]|\. )([A-Za-z]{3,9})([-/. ])(\d{4}|\d{2})(.*)$/;
const MONTH_NAMED = /^([A-Za-z]{3,9}) \d{1,2}(,? )\d{4}(.*)$/;
const TIME =
  /^([T ]|, )(\d{1,2}):\d{2}(:\d{2}(?:([.,])\d{1,9})?)?( ?)([AaPp][Mm])?( ?)(Z|[+-]\d{2}:?\d{2})?$/;

/** Null for what is no date. */
export function dateForm(text: string): DateForm | null {
  return numbered(text) ?? named(text) ?? compact(text);
}

function numbered(text: string): DateForm | null {
  const match = DATE.exec(text);
  if (match === null) return null;
  const [, first = '', mark = '', , last = '', rest = ''] = match;
  const time = timeFormat(rest);
  if (time === null) return null;
  if (first.length === 4 && last.length <= 2) {
    const iso = mark === '-' && /^\d{4}-\d\d-\d\d$/.test(text.slice(0, 10)) && isIsoTime(rest);
    return form(`Y${mark}${time}`, [['%Y', '%m', '%d'].join(mark) + time], iso);
  }
  if (first.length > 2 || (last.length !== 2 && last.length !== 4)) return null;
  const year = last.length === 4 ? '%Y' : '%y';
  const orders = [['%d', '%m', year], ['%m', '%d', year], ...(year === '%y' ? [['%y', '%m', '%d']] : [])];
  return form(
    `${year}${mark}${time}`,
    orders.map((order) => order.join(mark) + time),
  );
}

function isIsoTime(rest: string): boolean {
  return rest === '' || /^[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?$/.test(rest);
}

function named(text: string): DateForm | null {
  const day = DAY_NAMED.exec(text);
  if (day !== null) {
    const [, before = '', month = '', after = '', year = '', rest = ''] = day;
    const time = timeFormat(rest);
    const format = `%d${before}${monthOf(month)}${after}${year.length === 4 ? '%Y' : '%y'}${time}`;
    return time === null || !isMonth(month) ? null : form(format, [format]);
  }
  const [found, month = '', comma = '', rest = ''] = MONTH_NAMED.exec(text) ?? [];
  const time = timeFormat(rest);
  if (found === undefined || time === null || !isMonth(month)) return null;
  const format = `${monthOf(month)} %d${comma}%Y${time}`;
  return form(format, [format]);
}

/** Eight digits: the year may come first or last. */
function compact(text: string): DateForm | null {
  const [, digits, rest = ''] = COMPACT.exec(text) ?? [];
  const time = timeFormat(rest);
  if (digits === undefined || time === null) return null;
  return form(
    `8${time}`,
    ['%Y%m%d', '%d%m%Y', '%m%d%Y'].map((order) => order + time),
  );
}

function form(key: string, formats: readonly string[], iso = false): DateForm {
  return { key, iso, formats };
}

/** What stands after a date; null where it is no time. */
function timeFormat(rest: string): string | null {
  if (rest === '') return '';
  const match = TIME.exec(rest);
  if (match === null) return null;
  const [, before = '', , seconds, mark, gap = '', half, blank = '', zone] = match;
  const fraction = mark === undefined ? '' : `${mark}%f`;
  const hour = half === undefined ? '%H' : '%I';
  const end = half === undefined ? '' : `${gap}%p`;
  const offset = zone === undefined ? '' : `${blank}%z`;
  return `${before}${hour}:%M${seconds === undefined ? '' : ':%S'}${fraction}${end}${offset}`;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** May is both: a column with other months says which. */
function monthOf(name: string): string {
  return name.length === 3 ? '%b' : '%B';
}

function isMonth(name: string): boolean {
  return MONTHS.includes(name.slice(0, 3).toLowerCase());
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const PARTS: Readonly<Record<string, string>> = {
  Y: '(?<Y>\\d{4})',
  y: '(?<y>\\d{2})',
  m: '(?<m>\\d{1,2})',
  d: '(?<d>\\d{1,2})',
  b: '(?<b>[A-Za-z]{3})',
  B: '(?<b>[A-Za-z]{3,9})',
};
const patterns = new Map<string, RegExp>();

/** The date of a text in ISO 8601, what comes after it left out; null where the format does not read it. */
export function readDate(text: string, format: string): string | null {
  const groups = patternOf(format).exec(text)?.groups;
  if (groups === undefined) return null;
  const month =
    groups.b === undefined ? Number(groups.m) : MONTHS.indexOf(groups.b.slice(0, 3).toLowerCase()) + 1;
  const day = Number(groups.d);
  if (day < 1 || day > (DAYS[month - 1] ?? 0)) return null;
  // 69 to 99 are of the 20th century (POSIX, strptime).
  const year = groups.Y ?? `${Number(groups.y) >= 69 ? 19 : 20}${groups.y}`;
  if (year < '1000') return null;
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function patternOf(format: string): RegExp {
  const known = patterns.get(format);
  if (known !== undefined) return known;
  const compactDigits = /%[Ymd]%[Ymd]/.test(format);
  const source = format
    .replace(/[T ,]*%[HI].*$/, '')
    .replace(/[.]/g, '\\.')
    .replace(/%([YymdbB])/g, (_, part: string) => PARTS[part] ?? '');
  const pattern = new RegExp(`^${compactDigits ? source.replaceAll('{1,2}', '{2}') : source}(?!\\d)`);
  patterns.set(format, pattern);
  return pattern;
}
