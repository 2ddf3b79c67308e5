import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ambiguous } from '../../../src/csv/sniff/question.ts';
import type { Dialect } from '../../../src/model/dialect.ts';
import { bytesOf, column, NAMES, SALES, salesRows, sniffText, tableOf, unusual } from './fixture.ts';

const HEADER = `${NAMES.join(',')}\n`;
const with_ = (delimiter: string): string => `${NAMES.join(delimiter)}\n${salesRows(delimiter)}`;
const replaced = (at: number, text: string | ((i: number) => string)) =>
  salesRows(',', (record, i) => record.with(at, typeof text === 'string' ? text : text(i)));

/** What is written, what is found with the table, and what without where it is another thing. */
const STRUCTURE: ReadonlyArray<
  readonly [name: string, text: string, found: Partial<Dialect>, alone?: Partial<Dialect>]
> = [
  ['RFC 4180', with_(','), {}, { header: true }],
  ['no header', salesRows(','), {}, { header: false }],
  ['nothing', '', {}, { header: false }],
  ['a header alone', HEADER, {}, { header: true }],
  ['CR alone', with_(',').replaceAll('\n', '\r'), {}, { header: true }],
  ['CRLF and LF', with_(',').replace('\n', '\r\n'), {}, { header: true }],
  ...[';', '\t', '|', ':', '^', '~', '||', '::', '\t\t', '|~|', '\\t'].map(
    (delimiter) => [delimiter, with_(delimiter), { delimiter, header: true }] as const,
  ),
  ['semicolons without a header', salesRows(';'), { delimiter: ';' }, { delimiter: ';', header: false }],
  ['a header of semicolons', `${NAMES.join(';')}\n`, { delimiter: ';', header: true }],
  ['comma and space', with_(', '), { skipInitialSpace: true, header: true }],
  [
    'spaces',
    `${NAMES.join(' ')}\n${salesRows(' ', (record) => record.with(1, '"a name"'))}`,
    { delimiter: ' ', header: true },
  ],
  ['apostrophes', HEADER + replaced(1, "'a, b'"), { quoteChar: "'", header: true }],
  ['backslashes', HEADER + replaced(1, '"a \\"b\\", c"'), { escapeChar: '\\', header: true }],
  ['escaped delimiters', HEADER + replaced(1, 'a\\, b'), { escapeChar: '\\', header: true }],
  ['a title', `Sales of May\nmade by hand\n\n${with_(',')}`, { skipRows: 3, header: true }],
  ['a title in fields', `Sales of May,,,,\n,,,,\n${with_(',')}`, { skipRows: 2, header: true }],
  ['the mark of spreadsheets', `sep=;\r\n${with_(';')}`, { delimiter: ';', skipRows: 1, header: true }],
  [
    'a preamble of spreadsheets',
    `Account,DE12,,,\nDays,of May,,,\n,,,,\n${with_(',')}`,
    { skipRows: 3, header: true },
  ],
  ['comments', `# Sales, of May\n# by hand\n${with_(',')}# done\n`, { commentChar: '#', header: true }],
  ['totals', `${with_(',')}Total,,123.50,,\n`, { skipFooterRows: 1, header: true }],
  ['a note', `${with_(',')}\nmade by hand\n`, { skipFooterRows: 1, header: true }],
  ['a byte order mark', `\ufeff${with_(',')}`, {}, { header: true }],
  ['semicolons in a title', `Sales; May\n${with_(';')}`, { delimiter: ';', skipRows: 1, header: true }],
];

for (const [name, text, found, alone = found] of STRUCTURE) {
  test(`the records of ${JSON.stringify(name)} are told with the table and without`, () => {
    const withTable = sniffText(text, { table: SALES });
    assert.deepEqual(unusual(withTable.dialect), found);
    assert.deepEqual(withTable.questions, []);
    const without = sniffText(text);
    assert.deepEqual(unusual(without.dialect), alone);
    assert.deepEqual(without.questions, []);
  });
}

test('a header of two rows is found by the names of the table', () => {
  const table = tableOf(column('order_id', 'integer'), column('order_day', 'date'));
  const text = 'order,order\nid,day\n1,2020-01-01\n2,2020-01-02\n';
  assert.deepEqual(unusual(sniffText(text, { table }).dialect), { header: true, headerRows: [1, 2] });
});

test('what is wrong with some records is for the load to reject', () => {
  const odd = `${HEADER}${salesRows(',')}garbage\n1,"a "b,2,2020-01-01,1\nx;y;z\n21,a,b,c,d,e,f\n`;
  assert.deepEqual(unusual(sniffText(odd, { table: SALES }).dialect), {});
  assert.deepEqual(unusual(sniffText('lorem ipsum\ndolor sit\n', { table: SALES }).dialect), {});
  assert.equal(sniffText('lorem ipsum\ndolor sit\n', { table: SALES }).confidence, 0);
});

test('a path is not an escape', () => {
  const text = HEADER + replaced(1, '"C:\\dir\\"');
  assert.deepEqual(unusual(sniffText(text, { table: SALES }).dialect), {});
});

test('two delimiters that read every record otherwise are a question that shows both', () => {
  const table = tableOf(column('a', 'text'), column('b', 'text'));
  const { questions } = sniffText('a;b,c\nd;e,f\n', { table });
  const [question] = questions;
  assert.ok(question);
  const error = ambiguous(question);
  assert.equal(error.code, 'dialect-ambiguous');
  assert.match(
    error.detail,
    /line 2: \[d;e\] \[f\] with \{"delimiter":","\}, \[d\] \[e,f\] with \{"delimiter":";"\}/,
  );
  assert.match(error.hint ?? '', /--dialect '\{"delimiter":","\}' or --dialect '\{"delimiter":";"\}'/);
  assert.deepEqual(sniffText('a;b,c\nd;e,f\n', { table, declared: { delimiter: ';' } }).questions, []);
});

test('what is declared is not sniffed', () => {
  const { dialect } = sniffText(`x\n${with_(';')}`, {
    table: SALES,
    declared: { skipRows: 1, header: true },
  });
  assert.deepEqual(unusual(dialect), { delimiter: ';', skipRows: 1, header: true });
  const comma = sniffText(with_(';'), { table: SALES, declared: { delimiter: ',' } });
  assert.equal(comma.dialect.delimiter, ',');
});

test('footers are looked for at the end of a long content', () => {
  const head = bytesOf(with_(','));
  const tail = bytesOf('le,1.00,2020-01-01,1\n77,x,1.00,2020-01-01,1\n\nTotal: 2 records\n');
  const found = sniffText('', { table: SALES }).dialect;
  assert.deepEqual(unusual(found), {});
  const { dialect, evidence } = sniffWithTail(head, tail);
  assert.deepEqual(unusual(dialect), { skipFooterRows: 1, header: true });
  assert.match(evidence.skipFooterRows ?? '', /Total: 2 records/);
  const short = sniffText(`${with_(',')}Total,,123.50,,\n`, { table: SALES }).evidence;
  const line = with_(',').split('\n').length;
  assert.equal(short.skipFooterRows, `from "Total  123.50" in line ${line} on there are no records`);
});

function sniffWithTail(head: Uint8Array, tail: Uint8Array) {
  return sniffText(new TextDecoder().decode(head), { table: SALES, whole: false, tail });
}

test('the mark of spreadsheets is no name, however narrow the file', () => {
  const text = '\ufeffsep=;\r\nDatum;Betrag\r\n31.12.2020;1,50\r\n01.01.2021;2,75\r\n';
  assert.deepEqual(unusual(sniffText(text).dialect), { delimiter: ';', skipRows: 1, header: true });
});

test('an apostrophe here and there is no quote', () => {
  const stray = `${HEADER}${replaced(1, (i) => (i === 3 ? "'t Hooft" : i === 5 ? "the dogs'" : 'x'))}`;
  const once = `${HEADER}${replaced(1, (i) => (i === 3 ? "'sic'" : 'x'))}`;
  for (const short of ["id,name\n1,'sic'\n2,x\n", "id,name\n1,'t Hooft\n2,the dogs'\n3,x\n"]) {
    assert.deepEqual(unusual(sniffText(short).dialect), { header: true });
  }
  for (const text of [stray, once]) {
    assert.deepEqual(unusual(sniffText(text).dialect), { header: true });
    assert.deepEqual(unusual(sniffText(text, { table: SALES }).dialect), {});
  }
});

test('a comma and a space are one delimiter, or a space that is passed over: no question', () => {
  const text = 'a, b, c\n1, "x, y", 2\n3, z, 4\n5, w, 6\n';
  const { dialect, questions } = sniffText(text);
  assert.deepEqual(questions, []);
  assert.deepEqual(unusual(dialect), { skipInitialSpace: true, header: true });
});

test('nor is it one where columns of text take both', () => {
  const table = tableOf(column('first', 'text'), column('city', 'text'));
  for (const declared of [{}, { skipInitialSpace: false }]) {
    const { questions } = sniffText('first, city\nAnn, Bern\nBob, Basel\n', { table, declared });
    assert.deepEqual(questions, []);
  }
});

test('a stray quote in the header or below it moves no row', () => {
  const rows = salesRows(',');
  assert.deepEqual(unusual(sniffText(`"${HEADER}${rows}`).dialect), { header: true });
  assert.deepEqual(unusual(sniffText(`${HEADER}"${rows}`).dialect), { header: true });
});

test('a last record that is cut short is no footer', () => {
  const found = (text: string) => unusual(sniffText(text).dialect);
  assert.deepEqual(found('a;b\n1;x\n2\n'), { delimiter: ';', header: true });
  assert.deepEqual(found('a;b\n1;x\n2\n3\n4\n'), { delimiter: ';', header: true });
  const totals = { delimiter: ';', header: true, skipFooterRows: 1 };
  assert.deepEqual(found('a;b\n1;x\n2;y\n3;z\nTotal: 3\n'), totals);
});

test('years below names that are not different are a second row of the header', () => {
  const text = 'Region;Umsatz;Umsatz\n;2022;2023\nNord;1200;1300\nSued;900;950\n';
  assert.deepEqual(unusual(sniffText(text).dialect), { delimiter: ';', header: true, headerRows: [1, 2] });
  const above = ';2022;;2023;\nRegion;Umsatz;Kosten;Umsatz;Kosten\nNord;1200;1;1300;2\nSued;900;3;950;4\n';
  assert.deepEqual(unusual(sniffText(above).dialect), { delimiter: ';', header: true, headerRows: [1, 2] });
  const data = 'who;from;to\nAnn;2022;2023\nBob;7;8\n';
  assert.deepEqual(unusual(sniffText(data).dialect), { delimiter: ';', header: true });
});

test('further tables and totals at the end are no records of a content without a table', () => {
  const text = `${with_(',')}\nx,y\n1,2\n3,4\n`;
  assert.deepEqual(unusual(sniffText(text).dialect), { skipFooterRows: 3, header: true });
});

test('between apostrophes there may be apostrophes, but no line ends', () => {
  const quoted =
    "id,maker,text\n1,'O'Brien, Jo','it won't warp'\n2,Baker's,x\n3,'Children's, Large','a, b'\n";
  assert.deepEqual(unusual(sniffText(quoted).dialect), { quoteChar: "'", header: true });
  const words = "id,name,note\n1,'t Hooft,x\n2,'s Graven,x\n3,the dogs',y\n4,the cats',y\n5,Ann's,z\n";
  assert.deepEqual(unusual(sniffText(words).dialect), { header: true });
});
