import { RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import { CONTRADICTIONS, DIALECT_RULES, encodingOf, type Rule } from './dialect-rules.ts';

const RULES = new Map<string, Rule>(Object.entries(DIALECT_RULES));
const NAMES = [...RULES.keys()];

/**
 * What was declared over the defaults, with the encoding under its canonical name. `dialect-invalid` names the
 * property, what stood there and what is expected.
 */
export function resolveDialect(declared: Partial<Dialect> = {}): Dialect {
  assertDeclared(declared);
  const dialect = canonical({ ...DEFAULT_DIALECT, ...declared });
  for (const { name, found, expected } of CONTRADICTIONS) {
    if (found(dialect)) throw invalid(name, dialect[name], expected);
  }
  return dialect;
}

/** Every property is one of a dialect and may be what it is, taken alone; `dialect-invalid` otherwise. */
export function assertDeclared(declared: object): asserts declared is Partial<Dialect> {
  for (const [name, value] of Object.entries(declared)) {
    const rule = RULES.get(name);
    if (rule === undefined) throw unknown(name);
    if (!rule.fits(value)) throw invalid(name, value, rule.expected, rule.problem?.(value));
  }
}

/** One way to say what can be said in several. An escape that is the quote itself is a doubled quote. */
function canonical(dialect: Dialect): Dialect {
  const doubled = dialect.escapeChar !== null && dialect.escapeChar === dialect.quoteChar;
  return {
    ...dialect,
    ...(doubled ? { escapeChar: null, doubleQuote: true } : {}),
    nullSequence: dialect.nullSequence || null,
    encoding: encodingOf(dialect.encoding) ?? dialect.encoding,
  };
}

function unknown(name: string): RowferryError {
  const near = name.length > 32 ? [] : nearNames(name, NAMES);
  return new RowferryError(
    'dialect-invalid',
    `dialect.${name.slice(0, 64)} is no property of a dialect; expected ${near.length > 0 ? near.join(' or ') : `one of ${NAMES.join(', ')}`}`,
    { hint: 'docs/dialects.md lists all properties' },
  );
}

function invalid(name: string, found: unknown, expected: string, problem?: string | null): RowferryError {
  const shown = (JSON.stringify(found) ?? String(found)).slice(0, 80);
  const why = problem ? `, which ${problem}` : '';
  return new RowferryError('dialect-invalid', `dialect.${name} is ${shown}${why}; expected ${expected}`, {
    hint: `e.g. --dialect '{"delimiter":";","quoteChar":"\\"","header":true}'`,
  });
}

/** Whether `scan` reads it as it is. `header` and what only concerns values make no difference. */
export function isPlain(dialect: Dialect): boolean {
  const { headerRows, lineTerminator, escapeChar, nullSequence, commentChar, commentRows } = dialect;
  const { skipRows, skipFooterRows, encoding, quoteChar } = dialect;
  return (
    isScanByte(dialect.delimiter) &&
    (quoteChar === null || (isScanByte(quoteChar) && dialect.doubleQuote)) &&
    [lineTerminator, escapeChar, nullSequence, commentChar].every((each) => each === null) &&
    encoding === 'utf-8' &&
    commentRows.length + skipRows + skipFooterRows === 0 &&
    headerRows.length === 1 &&
    headerRows[0] === 1 &&
    dialect.skipBlankRows &&
    !dialect.skipInitialSpace &&
    dialect.ragged === 'reject'
  );
}

const isScanByte = (text: string): boolean => /^[\t -~]$/.test(text);

/** Bytes of the delimiter and the quote, as `scan` takes them; a TypeError for a dialect that is not plain. */
export function scanBytes(dialect: Dialect): { delimiter: number; quote: number } {
  if (!isPlain(dialect)) throw new TypeError('scan reads plain dialects only');
  return { delimiter: dialect.delimiter.charCodeAt(0), quote: dialect.quoteChar?.charCodeAt(0) ?? -1 };
}
