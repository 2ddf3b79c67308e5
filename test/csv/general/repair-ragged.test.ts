import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECORD_QUOTE_STRAY } from '../../../src/model/tape.ts';
import { fieldsOf, seen } from '../records.ts';
import { encoded, readAll } from './reading.ts';

/** Ten records of a number, a day and a word, with another line after the fifth. */
function around(line: string, delimiter = ','): string {
  const words = ['Tin', 'Oak', 'Elm'];
  const lines = Array.from({ length: 10 }, (_, i) =>
    [100 + i, `${11 + i}/03/2021`, words[i % 3]].join(delimiter),
  );
  return `${lines.toSpliced(5, 0, line).join('\n')}\n`;
}

const repaired = (line: string) => fieldsOf(readAll(around(line), { ragged: 'repair' }))[5];
const RECORD = ['117', '21/03/2021', 'Ash'];

test('a record with a delimiter too few or too many has the fields that its columns tell', () => {
  for (const line of [
    '11721/03/2021,Ash',
    '117,21/03/2021Ash',
    '117,,21/03/2021,Ash',
    '117,21/03/2021,Ash,',
  ]) {
    assert.deepEqual(repaired(line), RECORD, line);
  }
});

test('its place and its bytes stay those it came with, in other encodings too', () => {
  const line = '117,,21/03/2021,Ash';
  const content = around(line);
  const [start, end] = [content.indexOf(line), content.indexOf(line) + line.length];
  const place = { fields: RECORD, line: 5, fault: 0, count: 3 };
  assert.deepEqual(seen(readAll(content, { ragged: 'repair' }))[5], { ...place, start, end });
  const wide = readAll(encoded(content, 'utf-16le'), { ragged: 'repair', encoding: 'utf-16le' });
  assert.deepEqual(seen(wide)[5], { ...place, start: 2 * start, end: 2 * end });
  assert.deepEqual(seen(wide)[6]?.fields, ['105', '16/03/2021', 'Elm']);
});

test('where two ways fit, or none does, the record is as it came', () => {
  const words = (line: string) => {
    const lines = Array.from({ length: 12 }, (_, i) => `${'abcd'[i % 4]},${'efgh'[i % 4]},${'ijkl'[i % 4]}`);
    return seen(readAll(`${lines.join('\n')}\n${line}\n`, { ragged: 'repair' }))[12]?.count;
  };
  assert.equal(words('b,f'), 2);
  assert.equal(words('b,f,k,l'), 4);
  const tape = readAll(around('Ash'), { ragged: 'repair' });
  assert.equal(tape.fieldCounts[5], 1);
});

test('a record with a fault, and bytes that are not UTF-8, are not repaired', () => {
  const stray = readAll(around('117,,21/03/2021,A"sh'), { ragged: 'repair' });
  assert.deepEqual([stray.fieldCounts[5], stray.faults[5]], [4, RECORD_QUOTE_STRAY]);
  const content = new Uint8Array(Buffer.from(around('117,,21/03/2021,A\xe4h'), 'latin1'));
  assert.equal(readAll(content, { ragged: 'repair' }).fieldCounts[5], 4);
});

test('nothing is repaired by fewer than eight good records, or where most are ragged', () => {
  const few = around('117,,21/03/2021,Ash').split('\n').slice(2, 9).join('\n');
  assert.equal(readAll(few, { ragged: 'repair' }).fieldCounts[3], 4);
  const most = around(`${'117,,21/03/2021,Ash\n'.repeat(11)}117,,21/03/2021,Ash`);
  assert.equal(readAll(most, { ragged: 'repair' }).fieldCounts[5], 4);
  const half = around(`${'117,,21/03/2021,Ash\n'.repeat(9)}117,,21/03/2021,Ash`);
  assert.deepEqual(fieldsOf(readAll(half, { ragged: 'repair' }))[14], RECORD);
});

test('the text for NULL, quotes and escapes are read as in the other records', () => {
  const dialect = { ragged: 'repair', nullSequence: '\\N', escapeChar: '\\' } as const;
  const lines = Array.from(
    { length: 20 },
    (_, i) => `${100 + i},"a, ""b""",${i % 3 === 0 ? '\\N' : `x\\,${i}`}`,
  );
  const content = `${lines.join('\n')}\n121,"a, ""b""",,\\N\n122,"a, ""b""",,x\\,9\n`;
  assert.deepEqual(fieldsOf(readAll(content, dialect)).slice(20), [
    ['121', 'a, "b"', null],
    ['122', 'a, "b"', 'x,9'],
  ]);
});
