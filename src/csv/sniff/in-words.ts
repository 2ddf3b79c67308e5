import { DEFAULT_DIALECT, type Dialect } from '../../model/dialect.ts';

const MARKS: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ':': 'colons',
  ' ': 'spaces',
  '^': 'carets',
  '~': 'tildes',
};

/** What of a dialect is not as RFC 4180 has it, in words for a person: `semicolons, windows-1252, header in row 3`. */
export function inWords(dialect: Dialect): string {
  const said = Object.entries(WORDS).flatMap(([name, words]) => {
    const usual =
      JSON.stringify(Reflect.get(DEFAULT_DIALECT, name)) === JSON.stringify(Reflect.get(dialect, name));
    return usual ? [] : [words(dialect)];
  });
  return said.filter((words) => words !== '').join(', ') || 'RFC 4180';
}

const shown = (text: string | null): string => JSON.stringify(text);
const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
/** The header is spoken of where it stands, which needs both properties. */
const headerWords = ({ skipRows, header, headerRows }: Dialect): string => {
  if (header !== true) return skipRows === 0 ? '' : `records from line ${skipRows + 1} on`;
  const rows = headerRows.length > 1 ? ` of ${headerRows.length} rows` : '';
  if (skipRows === 0) return rows === '' ? '' : `header${rows}`;
  return `header${rows} in row ${skipRows + 1}`;
};

/** Years of two digits are those of POSIX: whoever has birthdays of 1951 wants to know. */
const centuries = (format: string | null): string =>
  format?.includes('%y') ? ' (00 to 68 as 2000 to 2068)' : '';

const WORDS: Readonly<Partial<Record<keyof Dialect, (dialect: Dialect) => string>>> = {
  delimiter: ({ delimiter }) => MARKS[delimiter] ?? `${shown(delimiter)} between fields`,
  lineTerminator: ({ lineTerminator }) => `${shown(lineTerminator)} between records`,
  quoteChar: ({ quoteChar }) => (quoteChar === null ? 'no quotes' : `${quoteChar} as quotes`),
  escapeChar: ({ escapeChar }) => `${escapeChar} as escape`,
  skipInitialSpace: () => 'spaces after delimiters',
  encoding: ({ encoding }) => encoding,
  skipRows: headerWords,
  headerRows: (dialect) => (dialect.skipRows > 0 ? '' : headerWords(dialect)),
  commentChar: ({ commentChar }) => `comments after ${commentChar}`,
  skipFooterRows: ({ skipFooterRows }) => plural(skipFooterRows, 'footer line'),
  decimalChar: ({ decimalChar }) =>
    decimalChar === ',' ? 'decimal commas' : `decimal ${shown(decimalChar)}`,
  groupChar: ({ groupChar }) => `thousands marked ${shown(groupChar)}`,
  dateFormat: ({ dateFormat }) => `dates ${dateFormat}${centuries(dateFormat)}`,
  datetimeFormat: ({ datetimeFormat }) => `date-times ${datetimeFormat}${centuries(datetimeFormat)}`,
  trueValues: ({ trueValues }) => `true as ${trueValues?.[0]}`,
  falseValues: ({ falseValues }) => `false as ${falseValues?.[0]}`,
  nullSequence: ({ nullSequence }) => `NULL as ${shown(nullSequence)}`,
};
