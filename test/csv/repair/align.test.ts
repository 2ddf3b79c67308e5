import assert from 'node:assert/strict';
import { test } from 'node:test';
import { align } from '../../../src/csv/repair/align.ts';
import type { Marks } from '../../../src/csv/repair/marks.ts';
import { ColumnProfile } from '../../../src/csv/repair/profile.ts';

const MARKS: Marks = {
  delimiter: ',',
  quoteChar: '"',
  doubleQuote: true,
  escapeChar: null,
  skipInitialSpace: false,
};

/** id, day, price, name, note in quotes (sometimes empty). */
function goods(): ColumnProfile[] {
  const profiles = Array.from({ length: 5 }, () => new ColumnProfile());
  for (let row = 0; row < 40; row++) {
    const name = `${['Tin', 'Copper', 'Oak'][row % 3]} ${['Bowl', 'Spoon', 'Board'][row % 2]}`;
    const note = row % 9 === 0 ? '' : `Sold, in ${['March', 'April'][row % 2]}`;
    const texts = [String(100 + row), `${10 + (row % 18)}/03/2021`, `${row % 7}.${10 + row}`, name, note];
    for (const [column, text] of texts.entries()) {
      profiles[column]?.add({ text, quoted: column === 4 && text !== '' });
    }
  }
  return profiles;
}

function read(line: string, damage: 0 | 1 = 1, marks = MARKS): string[] | null {
  return align(line, { marks, profiles: goods(), damage })?.fields.map(({ text }) => text) ?? null;
}

const RECORD = ['117', '12/03/2021', '3.45', 'Oak Bowl', 'Sold, in April'];

test('a record as it should be is read as it is', () => {
  assert.deepEqual(read('117,12/03/2021,3.45,Oak Bowl,"Sold, in April"'), RECORD);
});

test('a missing delimiter is found by the shapes of the columns beside it, or by a quote', () => {
  assert.deepEqual(read('11712/03/2021,3.45,Oak Bowl,"Sold, in April"'), RECORD);
  assert.deepEqual(read('117,12/03/20213.45,Oak Bowl,"Sold, in April"'), RECORD);
  assert.deepEqual(read('117,12/03/2021,3.45Oak Bowl,"Sold, in April"'), RECORD);
  assert.deepEqual(read('117,12/03/2021,3.45,Oak Bowl"Sold, in April"'), RECORD);
  assert.deepEqual(read('117,12/03/2021,3.45,"Oak Bowl""Sold, in April"'), RECORD);
  assert.deepEqual(read('117,12/03/2021,3.45,Oak Bowl'), [...RECORD.slice(0, 4), '']);
});

test('a delimiter too many leaves an empty field that is dropped', () => {
  for (let column = 0; column < 5; column++) {
    const parts = ['117', '12/03/2021', '3.45', 'Oak Bowl', '"Sold, in April"'];
    parts.splice(column, 0, '');
    assert.deepEqual(read(parts.join(',')), RECORD, parts.join(','));
  }
});

test('an unquoted delimiter within a text belongs to it', () => {
  assert.deepEqual(read('117,12/03/2021,3.45,Oak Bowl,Sold, in April'), RECORD);
});

test('where two ways fit, or none, there is none', () => {
  assert.equal(read('117,12/03/2021,3.45,Oak,Bowl,Spoon,"Sold, in April",'), null, 'two delimiters too many');
  assert.equal(read('117,12/03/2021,Oak Bowl'), null, 'two fields too few');
  assert.equal(read('117,12/03/2021,many,Oak Bowl,x,"Sold, in April"'), null, 'a price that is none');
  assert.equal(read('117,,12/03/2021,3.4.5,Oak Bowl,"Sold, in April"'), null, 'nearly a price');
  const texts = [new ColumnProfile(), new ColumnProfile(), new ColumnProfile()];
  for (let row = 0; row < 20; row++)
    for (const each of texts) each.add({ text: `word${row}`, quoted: false });
  assert.equal(align('word1,word2word3', { marks: MARKS, profiles: texts, damage: 1 })?.fields.length, 3);
  assert.equal(align('word1,wordword', { marks: MARKS, profiles: texts, damage: 1 }), null);
});

test('a stray quote is data, in a cell with quotes and in one without', () => {
  assert.deepEqual(read('117,"12/03/2021,3.45,Oak Bowl,"Sold, in April"', 0), RECORD.with(1, '"12/03/2021'));
  assert.deepEqual(
    read('117,12/03/2021,3.45,Oak Bowl,""Sold, in April"', 0),
    RECORD.with(4, '"Sold, in April'),
  );
  assert.deepEqual(
    read('117,12/03/2021,3.45,Oak 5" Bowl,"Sold, in April"', 0),
    RECORD.with(3, 'Oak 5" Bowl'),
  );
  assert.deepEqual(
    read('117,12/03/2021,3.45,Oak Bowl,"Sold, "in" April"', 0),
    RECORD.with(4, 'Sold, "in" April'),
  );
});

test('quotes that were not escaped are data where the field goes on', () => {
  const marks = { ...MARKS, doubleQuote: false };
  assert.deepEqual(
    read('117,12/03/2021,3.45,"Bowl 8"","Sold, in April"', 0, marks),
    RECORD.with(3, 'Bowl 8"'),
  );
  const escaped = { ...marks, escapeChar: '\\' };
  assert.deepEqual(
    read('117,12/03/2021,3.45,"Oak \\"x\\" Bowl","Sold, in April"', 0, escaped),
    RECORD.with(3, 'Oak "x" Bowl'),
  );
});

test('a well quoted field is never taken apart', () => {
  const got = read('x,12/03/2021,3.45,Oak Bowl,"Sold, in April","Sold, in May"', 1);
  assert.equal(got, null);
});

test('a long line and one with very many readings are given up', () => {
  assert.equal(read('a'.repeat(70_000)), null);
  const started = performance.now();
  read(`${'x",'.repeat(2000)}`);
  assert.ok(performance.now() - started < 5000);
});
