import { RowferryError } from '../errors.ts';
import type { Properties } from './descriptor.ts';

/** Dialect descriptions of CSVW: https://www.w3.org/TR/tabular-metadata/#dialect-descriptions */

/** Members that no other descriptor has. */
const MARKS = [
  '@context',
  '@id',
  '@type',
  'commentPrefix',
  'headerRowCount',
  'lineTerminators',
  'skipColumns',
  'trim',
];

export function isCsvw(descriptor: Properties): boolean {
  return MARKS.some((name) => Object.hasOwn(descriptor, name));
}

/** What each member becomes; one that stands here alone keeps its name and its value. */
const MEMBERS: Readonly<Record<string, (value: unknown, descriptor: Properties) => Properties>> = {
  '@context': () => ({}),
  '@id': () => ({}),
  '@type': (value) => (value === 'Dialect' ? {} : refuse('@type', value, '"Dialect"')),
  commentPrefix: (commentChar) => ({ commentChar }),
  doubleQuote: (value) =>
    value === false ? { doubleQuote: false, escapeChar: '\\' } : { doubleQuote: value },
  header: (header, descriptor) => (Object.hasOwn(descriptor, 'headerRowCount') ? {} : { header }),
  headerRowCount: headerRows,
  lineTerminators: lineTerminator,
  skipColumns: (value) => (value === 0 ? {} : refuse('skipColumns', value, '0: all columns are read')),
  skipInitialSpace: (skipInitialSpace, descriptor) =>
    Object.hasOwn(descriptor, 'trim') ? {} : { skipInitialSpace },
  trim,
};

export function csvwProperties(descriptor: Properties): Properties {
  const properties = Object.entries(descriptor).map(([name, value]) => {
    const read = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    return read === undefined ? Object.fromEntries([[name, value]]) : read(value, descriptor);
  });
  return Object.fromEntries(properties.flatMap((each) => Object.entries(each)));
}

function headerRows(value: unknown): Properties {
  if (value === 0) return { header: false };
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 100) {
    return refuse('headerRowCount', value, 'a whole number from 0 to 100');
  }
  return { header: true, headerRows: Array.from({ length: value }, (_, i) => i + 1) };
}

const LINE_ENDS = ['\r\n', '\n', '\r'];

/** Several line ends are those that are known anyway. */
function lineTerminator(value: unknown): Properties {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (all.length === 1) return { lineTerminator: all[0] };
  if (all.length > 1 && all.every((each) => LINE_ENDS.some((end) => end === each)))
    return { lineTerminator: null };
  return refuse('lineTerminators', value, 'one text, or a list of "\\r\\n", "\\n" and "\\r"');
}

/** Space at the end of fields is data; `start` is what `skipInitialSpace` says. */
function trim(value: unknown): Properties {
  if (value === false || value === 'false') return { skipInitialSpace: false };
  if (value === 'start') return { skipInitialSpace: true };
  return refuse('trim', value, 'false or "start": space at the end of a field is data');
}

function refuse(name: string, found: unknown, expected: string): never {
  const shown = (JSON.stringify(found) ?? String(found)).slice(0, 80);
  throw new RowferryError('dialect-invalid', `dialect.${name} is ${shown}; expected ${expected}`, {
    hint: 'docs/dialects.md lists what is read of each kind of descriptor',
  });
}
