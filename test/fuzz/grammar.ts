import fc from 'fast-check';
import { DEFAULT_DIALECT, type Dialect } from '../../src/model/dialect.ts';

/** A content by the grammar of its dialect, and what stands in it: null is a NULL field. */
export interface Written {
  readonly dialect: Dialect;
  readonly content: string;
  readonly records: ReadonlyArray<ReadonlyArray<string | null>>;
}

interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

type Line =
  | { readonly kind: 'record'; readonly fields: readonly Field[] }
  | { readonly kind: 'blank' }
  | { readonly kind: 'comment'; readonly text: string };

/** One character each for delimiter, quote and escape, as Python's csv module has them. */
export const singleDialects = dialects(fc.constantFrom(',', ';', '\t', '|', ' ', 'é', '€'));
/** Delimiters of several characters and comments, which csv-parse reads. */
export const anyDialects = fc
  .tuple(dialects(fc.constantFrom(',', ';', '||', '|;|', '::', 'é', '\t')), fc.constantFrom(null, '#', '//'))
  .map(([dialect, commentChar]): Dialect => ({ ...dialect, commentChar, skipInitialSpace: false }));

function dialects(delimiters: fc.Arbitrary<string>): fc.Arbitrary<Dialect> {
  return fc
    .record({
      delimiter: delimiters,
      quoteChar: fc.constantFrom('"', '"', "'"),
      escapeChar: fc.constantFrom(null, null, '\\', '^'),
      skipInitialSpace: fc.boolean(),
    })
    .map((drawn) => ({ ...DEFAULT_DIALECT, ...drawn, doubleQuote: drawn.escapeChar === null }));
}

const text = fc.string({
  unit: fc.constantFrom(
    ',',
    ';',
    '|',
    '"',
    "'",
    '\n',
    '\r',
    '\r\n',
    'a',
    'é',
    '😀',
    ' ',
    '\\',
    '^',
    '#',
    '\t',
    '/',
  ),
  maxLength: 6,
});
const field = fc.record({ text, quoted: fc.boolean() });
const record = (fields: readonly Field[]): Line => ({ kind: 'record', fields });
const comment = (commented: string): Line => ({ kind: 'comment', text: commented });
const lines: fc.Arbitrary<Line> = fc.oneof(
  { weight: 6, arbitrary: fc.array(field, { minLength: 1, maxLength: 4 }).map((fields) => record(fields)) },
  { weight: 1, arbitrary: fc.constant<Line>({ kind: 'blank' }) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom('a', '"', ',', ' '), maxLength: 5 }).map(comment),
  },
);
const ends = fc.constantFrom('\n', '\r\n', '\r');

/** Ragged records, blank lines, comments, one record end for all or each its own. */
export function contents(
  drawn: fc.Arbitrary<Dialect>,
  { mixedEnds }: { readonly mixedEnds: boolean },
): fc.Arbitrary<Written & { readonly end: string }> {
  const line = fc.tuple(lines, ends);
  return fc
    .tuple(drawn, fc.array(line, { maxLength: 8 }), ends, fc.boolean())
    .map(([dialect, all, end, open]) => {
      const kept = all.filter(([{ kind }]) => kind !== 'comment' || dialect.commentChar !== null);
      const parts = kept.map(([each, own], i) => {
        const last = open && i === kept.length - 1;
        return lineText(each, dialect) + (last ? '' : mixedEnds ? own : end);
      });
      const records = kept.flatMap(([each]) =>
        each.kind === 'record' ? [each.fields.map((one) => meaningOf(one, dialect, each.fields.length))] : [],
      );
      return { dialect, content: parts.join(''), records, end };
    });
}

function lineText(line: Line, dialect: Dialect): string {
  if (line.kind === 'blank') return '';
  if (line.kind === 'comment') return `${dialect.commentChar}${line.text}`;
  const { fields } = line;
  return fields.map((each) => fieldText(each, dialect, fields.length)).join(dialect.delimiter);
}

/** A record of one field that is empty would be a blank line; one between spaces that are skipped would be none. */
function isQuoted({ text: value, quoted }: Field, dialect: Dialect, fields: number): boolean {
  const { delimiter, quoteChar, escapeChar, commentChar, skipInitialSpace } = dialect;
  const isLost = fields === 1 || (delimiter === ' ' && skipInitialSpace);
  if (quoted || (value === '' && isLost)) return true;
  const marks = [...delimiter, quoteChar, escapeChar, ...(commentChar ?? ''), '\n', '\r', ' '];
  return marks.some((mark) => mark !== null && value.includes(mark));
}

function fieldText(each: Field, dialect: Dialect, fields: number): string {
  if (!isQuoted(each, dialect, fields)) return each.text;
  const { quoteChar, escapeChar } = dialect;
  const mark = escapeChar ?? quoteChar ?? '';
  const inside = [...each.text].map((one) => (one === quoteChar || one === mark ? mark + one : one));
  return `${quoteChar}${inside.join('')}${quoteChar}`;
}

function meaningOf(each: Field, dialect: Dialect, fields: number): string | null {
  return each.text === '' && !isQuoted(each, dialect, fields) ? null : each.text;
}

/** Marks and letters in any order, well-formed or not. */
export const anything = fc.string({
  unit: fc.constantFrom(
    ',',
    ',',
    ';',
    '"',
    '"',
    "'",
    '\n',
    '\r',
    '\r\n',
    'a',
    'b',
    ' ',
    '\t',
    '|',
    'é',
    '😀',
    'x,y\n',
    '"q",',
  ),
  maxLength: 24,
});
