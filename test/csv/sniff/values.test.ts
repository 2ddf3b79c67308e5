import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords } from '../../../src/csv/sniff/in-words.ts';
import type { Dialect } from '../../../src/model/dialect.ts';
import { column, sniffText, tableOf, unusual } from './fixture.ts';

/** A table of one column of the kind beside its key, and these values in it. */
function sniffColumn(kind: string, values: readonly string[], more: Parameters<typeof column>[2] = {}) {
  const table = tableOf(column('id', 'integer', { nullable: false }), column('v', kind, more));
  const lines = values.map((value, i) => `${i + 1},${value.includes(',') ? `"${value}"` : value}\n`);
  return sniffText(`id,v\n${lines.join('')}`, { table });
}

const thrice = (...values: readonly string[]): string[] => [...values, ...values, ...values];

const DECIDED: ReadonlyArray<readonly [kind: string, values: readonly string[], found: Partial<Dialect>]> = [
  ['decimal', ['1.5', '2', '-3.25'], {}],
  ['decimal', ['1,5', '2', '-3,25'], { decimalChar: ',' }],
  ['decimal', ['1.234,56', '7,1'], { decimalChar: ',', groupChar: '.' }],
  ['decimal', ['1,234.56', '7.1'], { groupChar: ',' }],
  ['decimal', ['1.5', '1,234'], { groupChar: ',' }],
  ['decimal', ['7,1', '1.234'], { decimalChar: ',', groupChar: '.' }],
  ['decimal', ['1.234.567', '8'], { decimalChar: ',', groupChar: '.' }],
  ['decimal', ["1'234.56", '8'], { groupChar: "'" }],
  ['float', ['1 234,56', '8'], { decimalChar: ',', groupChar: ' ' }],
  ['decimal', ['0,125', '8'], { decimalChar: ',' }],
  // Some say a comma, some a point: nothing is changed, and the load rejects one of them.
  ['decimal', ['1,5', '2.5'], {}],
  // A number with three decimals is one as it is.
  ['decimal', ['1.234', '2.345'], {}],
  ['integer', ['1.234', '2', '3'], {}],
  ['integer', ['1,234', '2', '3'], {}],
  ['integer', thrice('1,234', '5,678'), { groupChar: ',' }],
  ['integer', ['1,234,567', '2', '3'], { groupChar: ',' }],
  ['date', ['2020-12-31', '2020-01-01'], {}],
  ['date', ['31/12/2020', '01/02/2020'], { dateFormat: '%d/%m/%Y' }],
  ['date', ['12/31/2020', '01/02/2020'], { dateFormat: '%m/%d/%Y' }],
  ['date', ['31.12.2020', '1.2.2020'], { dateFormat: '%d.%m.%Y' }],
  ['date', ['31-12-99', '01-02-99'], { dateFormat: '%d-%m-%y' }],
  // The first is no day of a month 15, the second no day of a year 5.
  ['date', ['15.3.23', '5.5.23'], { dateFormat: '%d.%m.%y' }],
  ['date', ['2020/12/31', '2020/01/02'], { dateFormat: '%Y/%m/%d' }],
  ['date', ['20201231', '20200102'], { dateFormat: '%Y%m%d' }],
  ['date', ['31-Dec-2020', '01-Feb-2020'], { dateFormat: '%d-%b-%Y' }],
  ['date', ['December 31, 2020', 'February 1, 2020'], { dateFormat: '%B %d, %Y' }],
  ['date', ['2020-12-31', '31/12/2020'], {}],
  ['datetime', ['2020-12-31 10:00:00', '2020-12-31T10:00Z'], {}],
  ['datetime', ['31/12/2020 10:00', '01/02/2020 11:30'], { datetimeFormat: '%d/%m/%Y %H:%M' }],
  [
    'datetime',
    ['12/31/2020 1:05:00 PM', '01/02/2020 11:30:00 AM'],
    { datetimeFormat: '%m/%d/%Y %I:%M:%S %p' },
  ],
  ['datetime', ['31.12.2020 10:00:00.123+01:00'], { datetimeFormat: '%d.%m.%Y %H:%M:%S.%f%z' }],
  ['boolean', ['true', 'F', '1', '0'], {}],
  ['boolean', ['maybe', 'perhaps', 'never'], {}],
  ['integer', ['1', '\\N', '3'], { nullSequence: '\\N' }],
  ['integer', ['1', 'NA', '3'], { nullSequence: 'NA' }],
  ['decimal', ['1.5', '-', '3'], { nullSequence: '-' }],
  ['text', ['NULL', 'a', 'b'], {}],
];

for (const [kind, values, found] of DECIDED) {
  test(`${values.slice(0, 3).join(' and ')} in a column of ${kind} are ${JSON.stringify(found)}`, () => {
    const { dialect, questions, evidence } = sniffColumn(kind, values);
    assert.deepEqual(unusual(dialect), found);
    assert.deepEqual(questions, []);
    assert.deepEqual(Object.keys(evidence).sort(), Object.keys(found).sort());
  });
}

test('true and false are told in all the spellings of a pair', () => {
  const { trueValues, falseValues } = sniffColumn('boolean', ['ja', 'nein', 'Ja', '1']).dialect;
  assert.ok(['ja', 'Ja', 'JA', '1', 'true'].every((word) => trueValues?.includes(word)));
  assert.ok(['nein', 'Nein', 'n', '0'].every((word) => falseValues?.includes(word)));
  assert.deepEqual(
    trueValues?.filter((word) => falseValues?.includes(word)),
    [],
  );
});

test('nothing that cannot be NULL is taken for it', () => {
  assert.deepEqual(unusual(sniffColumn('integer', ['1', 'NA'], { nullable: false }).dialect), {});
});

const ASKED: ReadonlyArray<readonly [kind: string, values: readonly string[], shows: RegExp]> = [
  ['date', ['03/04/2021', '05/06/2021'], /2021-04-03.*%d\/%m\/%Y.*2021-03-04.*%m\/%d\/%Y/],
  ['date', ['03.04.2021', '05.06.2021'], /2021-04-03.*2021-03-04/],
  [
    'date',
    ['13/02/2021', '02/14/2021'],
    /13\/02\/2021 in line 2 is 2021-02-13.*02\/14\/2021 in line 3 is 2021-02-14/,
  ],
  ['date', ['01-02-03', '04-05-06'], /2003-02-01.*2003-01-02/],
  ['datetime', ['03/04/2021 10:00', '05/06/2021 11:00'], /%d\/%m\/%Y %H:%M/],
  ['decimal', thrice('1,234', '5,678'), /1,234 in line 2 is 1\.234 .*1,234 in line 2 is 1234 /],
];

for (const [kind, values, shows] of ASKED) {
  test(`${values.slice(0, 2).join(' and ')} in a column of ${kind} are asked about`, () => {
    const { questions } = sniffColumn(kind, values);
    const told = questions.flatMap(({ readings }) =>
      readings.map((each) => `${each.shows} ${JSON.stringify(each.dialect)}`),
    );
    assert.match(told.join(' '), shows);
  });
}

test('a column that is decided decides for those that are written alike', () => {
  const table = tableOf(column('a', 'date'), column('b', 'date'));
  const { dialect, questions } = sniffText('a,b\n01/02/2020,31/12/2020\n03/04/2020,05/06/2020\n', { table });
  assert.deepEqual(unusual(dialect), { dateFormat: '%d/%m/%Y' });
  assert.deepEqual(questions, []);
});

test('a mark that may be a word of a column of text is asked about, unless words stand in quotes', () => {
  const table = tableOf(column('n', 'integer'), column('name', 'text'));
  const bare = Array.from({ length: 10 }, (_, i) => `${i % 2 ? 'NA' : i},x\n`).join('');
  const [question] = sniffText(`n,name\n${bare}`, { table, whole: false }).questions;
  assert.match(question?.about ?? '', /"NA"/);
  const quoted = bare.replaceAll(',x', ',"x"');
  const { dialect, questions } = sniffText(`n,name\n${quoted}`, { table, whole: false });
  assert.deepEqual([dialect.nullSequence, questions], ['NA', []]);
  const few = sniffText('n,name\n1,x\nNA,y\n3,z\n', { table, whole: false });
  assert.deepEqual(unusual(few.dialect), {});
});

test('thousands of one column and decimals of another are asked about, where the column may have three decimals', () => {
  const table = tableOf(column('price', 'decimal', { scale: 2 }), column('weight', 'decimal', { scale: 3 }));
  const pointed = ['1.101', '1.102', '2.103', '3.104', '4.105'];
  const sniffed = (weights: readonly string[], columns = table) =>
    sniffText(`price;weight\n${weights.map((weight, i) => `${i},50;${weight}\n`).join('')}`, {
      table: columns,
    });
  const [question] = sniffed(pointed).questions;
  assert.equal(question?.about, 'column weight');
  assert.deepEqual(
    question?.readings.map(({ shows }) => shows),
    ['1.101 in line 2 is 1101', '1.101 in line 2 is a reject'],
  );
  const grouped = { delimiter: ';', header: true, decimalChar: ',', groupChar: '.' };
  for (const decided of [
    [...pointed, '999'],
    [...pointed, '1.106,5'],
    [...pointed, '1.234.567'],
  ]) {
    assert.deepEqual([unusual(sniffed(decided).dialect), sniffed(decided).questions], [grouped, []]);
  }
  const narrow = tableOf(column('price', 'decimal'), column('weight', 'decimal', { scale: 2 }));
  assert.deepEqual(
    [unusual(sniffed(pointed, narrow).dialect), sniffed(pointed, narrow).questions],
    [grouped, []],
  );
});

test('a mark that no column of text has is NULL, where the whole content says so', () => {
  const table = tableOf(column('n', 'integer'), column('name', 'text'));
  const rows = (name: string) =>
    Array.from({ length: 10 }, (_, i) => `${i % 2 ? 'NA' : i},${name}\n`).join('');
  const { dialect, questions } = sniffText(`n,name\n${rows('x')}`, { table });
  assert.deepEqual([dialect.nullSequence, questions], ['NA', []]);
  for (const [text, whole] of [
    [rows('NA'), true],
    [rows('x'), false],
  ] as const) {
    const [question] = sniffText(`n,name\n${text}`, { table, whole }).questions;
    assert.match(question?.about ?? '', /"NA"/);
  }
});

test('a person is told what years of two digits are', () => {
  const { dialect } = sniffColumn('date', ['31-12-51', '01-02-99']);
  assert.equal(inWords(dialect), 'dates %d-%m-%y (00 to 68 as 2000 to 2068)');
});
