/**
 * The files of Pollock ("A Data Loading Benchmark", VLDB 2023) from a source of our own: one clean file written in
 * some 2,290 other ways, each with the parameters that it is read with and the rows that it holds.
 */
import { type Cell, COLUMNS, ROWS, sourceRows } from './source.ts';

export interface Parameters {
  readonly delimiter: string;
  readonly quotechar: string;
  /** Empty: quotes inside quotes are written as they are. */
  readonly escapechar: string;
  readonly header_lines: number;
  readonly preamble_lines: number;
}

export interface Polluted {
  readonly name: string;
  readonly content: string;
  /** The first one is the header, or the first row of a file that has none. */
  readonly clean: readonly (readonly string[])[];
  readonly parameters: Parameters;
  /** How often it was seen in the files of the survey. */
  readonly weight: number;
}

/** A row with what stands between its cells, and at its end. */
interface Row {
  readonly cells: readonly Cell[];
  readonly marks: readonly string[];
  readonly end: string;
}

interface Written {
  readonly quote: string;
  /** Before a quote inside a cell. */
  readonly escape: string;
}

const PLAIN: Parameters = {
  delimiter: ',',
  quotechar: '"',
  escapechar: '"',
  header_lines: 1,
  preamble_lines: 0,
};
const RFC: Written = { quote: '"', escape: '"' };
const LESS_OR_MORE = 520 / 1414;

export function* pollutedFiles(): Generator<Polluted> {
  yield* wholeFiles();
  yield* otherMarks();
  for (let row = 0; row < ROWS; row++) yield* pollutedRows(row);
}

function source(delimiter = ',', end = '\r\n'): Row[] {
  return sourceRows().map((cells) => row(cells, delimiter, end));
}

function row(cells: readonly Cell[], delimiter = ',', end = '\r\n'): Row {
  return { cells, marks: cells.slice(1).map(() => delimiter), end };
}

/** A row as a program writes it that quotes only where it must. */
function plainRow(texts: readonly string[]): Row {
  return row(texts.map((text) => ({ text, quoted: text.includes(',') })));
}

function write(rows: readonly Row[], written: Written = RFC): string {
  return rows.map((each) => writeRow(each, written)).join('');
}

function writeRow({ cells, marks, end }: Row, { quote, escape: mark }: Written): string {
  const texts = cells.map(({ text, quoted }) => {
    const inside = text.replaceAll('"', `${mark}"`);
    return quoted ? `${quote}${inside}${quote}` : inside;
  });
  return texts.map((text, at) => (at === 0 ? '' : (marks[at - 1] ?? '')) + text).join('') + end;
}

const textsOf = (rows: readonly Row[]): string[][] => rows.map(({ cells }) => cells.map(({ text }) => text));

function file(
  name: string,
  weight: number,
  rows: readonly Row[],
  changed: { clean?: readonly Row[]; parameters?: Partial<Parameters>; written?: Written } = {},
): Polluted {
  return {
    name: `${name}.csv`,
    weight,
    content: write(rows, changed.written),
    clean: textsOf(changed.clean ?? rows),
    parameters: { ...PLAIN, ...changed.parameters },
  };
}

function* wholeFiles(): Generator<Polluted> {
  const rows = source();
  const [header, ...data] = rows;
  const first = data.slice(0, 1);
  const last = rows.slice(-1);
  if (header === undefined) return;
  const ending = (end: string) => [...rows.slice(0, -1), ...last.map((each) => ({ ...each, end }))];
  yield file('source', 1, rows);
  yield file('file_no_payload', 15, [], { parameters: { header_lines: 0 } });
  yield file('file_no_trailing_newline', 184, ending(''));
  yield file('file_double_trailing_newline', 5, ending('\r\n\r\n'));
  yield file('file_no_header', 470, data, { parameters: { header_lines: 0 } });
  yield severalHeaders(2, data);
  yield severalHeaders(3, data);
  const preamble = ['PREAMBLE', ''].map((text) => plainRow([text, ...COLUMNS.slice(1).map(() => '')]));
  yield file('file_preamble', 282, [...preamble, ...rows], {
    clean: rows,
    parameters: { preamble_lines: 2 },
  });
  for (const [name, more] of [
    ['same', 0],
    ['more', 1],
    ['less', -1],
  ] as const) {
    yield file(`file_multitable_${name}`, 188 / 3, [...rows, ...secondTable(more)], { clean: rows });
  }
  yield file('file_header_only', 3, [header]);
  yield file('file_one_data_row', 4, [header, ...first]);
}

function severalHeaders(lines: number, data: readonly Row[]): Polluted {
  const joined = plainRow(COLUMNS.map((name) => Array(lines).fill(name).join(' ')));
  const headers = Array.from({ length: lines }, () => plainRow(COLUMNS));
  return file(`file_header_multirow_${lines}`, 47, [...headers, ...data], {
    clean: [joined, ...data],
    parameters: { header_lines: lines },
  });
}

/** The rows again but for the last one, with `more` columns. */
function secondTable(more: number): Row[] {
  return textsOf(source())
    .slice(0, -1)
    .map((texts, at) =>
      plainRow(more < 0 ? texts.slice(0, more) : texts.concat(Array(more).fill(at === 0 ? 'col1' : ''))),
    );
}

function* otherMarks(): Generator<Polluted> {
  yield file('file_record_delimiter_0xD', 7, source(',', '\r'));
  yield file('file_record_delimiter_0xA', 1691, source(',', '\n'));
  for (const [delimiter, name, weight] of [
    ['\t', '0x9', 4],
    [';', '0x3B', 834],
    [' ', '0x20', 4],
    [', ', '0x2C_0x20', 101],
  ] as const) {
    yield file(`file_field_delimiter_${name}`, weight, source(delimiter), { parameters: { delimiter } });
  }
  yield file('file_quotation_char_0x27', 11, source(), {
    written: { quote: "'", escape: '"' },
    parameters: { quotechar: "'" },
  });
  for (const [mark, name, weight] of [
    ['\\', '0x5C', 1],
    ['', '0x00', 7],
  ] as const) {
    const parameters = { escapechar: mark };
    yield file(`file_escape_char_${name}`, weight, source(), {
      written: { quote: '"', escape: mark },
      parameters,
    });
  }
}

function* pollutedRows(at: number): Generator<Polluted> {
  const rows = source();
  const { cells, marks, end } = rows[at] ?? plainRow([]);
  const changed = (content: string): string => write(rows.slice(0, at)) + content + write(rows.slice(at + 1));
  const clean = textsOf(rows);
  const polluted = (name: string, weight: number, content: string): Polluted => ({
    name: `${name}.csv`,
    weight,
    content: changed(content),
    clean,
    parameters: PLAIN,
  });
  for (let column = 0; column < cells.length; column++) {
    if (column > 0) {
      const fewer = marks.with(column - 1, '');
      yield polluted(
        `row_less_sep_row${at}_col${column}`,
        LESS_OR_MORE,
        writeRow({ cells, marks: fewer, end }, RFC),
      );
    }
    const more = column === 0 ? marks : marks.with(column - 1, ',,');
    const leading = column === 0 ? ',' : '';
    yield polluted(
      `row_more_sep_row${at}_col${column}`,
      LESS_OR_MORE,
      leading + writeRow({ cells, marks: more, end }, RFC),
    );
    yield extraQuote(rows, at, column);
  }
  const spaced = writeRow({ cells, marks: marks.map(() => ' '), end }, RFC);
  yield polluted(`row_field_delimiter_${at}_0x20`, 12 / 84, spaced);
}

/** A quote before the text of a cell, within the cell's own quotes, and not escaped. */
function extraQuote(rows: readonly Row[], at: number, column: number): Polluted {
  const { cells, marks, end } = rows[at] ?? plainRow([]);
  const written = cells.map(({ text, quoted }, index) => {
    const inside = (index === column ? '"' : '') + text.replaceAll('"', '""');
    return (index === 0 ? '' : (marks[index - 1] ?? '')) + (quoted ? `"${inside}"` : inside);
  });
  const clean = textsOf(rows);
  const cleanRow = clean[at] ?? [];
  return {
    name: `row_extra_quote${at}_col${column}.csv`,
    weight: 7 / 756,
    content: write(rows.slice(0, at)) + written.join('') + end + write(rows.slice(at + 1)),
    clean: clean.with(at, cleanRow.with(column, `"${cleanRow[column] ?? ''}`)),
    parameters: PLAIN,
  };
}
