import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ambiguous } from '../../../src/csv/sniff/question.ts';
import { column, SALES, salesRows, sniffText, tableOf, unusual } from './fixture.ts';

const TEXTS = tableOf(column('first', 'text'), column('city', 'text'));
const PEOPLE = 'Ann,Bern\nBob,Basel\nCleo,Chur\n';

describe('a first record of names that no column has', () => {
  test('is a question where what stands below looks otherwise', () => {
    const strong = [
      'Name,Jahr\nAnn,1990\nBob,1985\n',
      'vor_name,wohn_ort\nAnn Lee,Bern 3\nBob Doe,Basel 4\n',
      'givenName,livesIn\nAnn Lee,Bern 3\nBob Doe,Basel 4\n',
      'Betrag,am\n"1,50",31.12.2020\n"2,50",30.12.2020\n',
    ];
    for (const text of strong) {
      const { questions, warnings } = sniffText(text, { table: TEXTS });
      const [question] = questions;
      assert.ok(question, text);
      assert.deepEqual(warnings, []);
      assert.equal(question.about, 'line 1');
      assert.match(
        ambiguous(question).hint ?? '',
        /'\{"header":false,"skipRows":1\}' or .*'\{"header":false\}'/,
      );
    }
  });

  test('is a line where it looks as the others do', () => {
    const { questions, warnings, dialect } = sniffText(`Vorname,Ort\n${PEOPLE}`, { table: TEXTS });
    assert.deepEqual([questions, unusual(dialect)], [[], {}]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^line 1 is taken for a record: "Vorname", "Ort" are names of no column/);
    assert.match(warnings[0] ?? '', /--dialect '\{"header":false,"skipRows":1\}'/);
  });

  test('of years, above columns of other numbers', () => {
    const table = tableOf(column('region', 'text'), column('old', 'integer'), column('new', 'integer'));
    const { questions } = sniffText('Region,2021,2022\nNord,1200,1300\nSud,900,950\n', { table });
    assert.equal(questions.length, 1);
    assert.deepEqual(sniffText('Nord,2021,2022\nSud,2020,2021\n', { table }).questions, []);
  });

  test('counts the lines before and within it', () => {
    const { questions } = sniffText('\n"vor_name",wohn_ort\nAnn Lee,Bern 3\nBob Doe,Basel 4\n', {
      table: TEXTS,
    });
    assert.deepEqual(questions[0]?.readings[0].dialect, { header: false, skipRows: 2 });
    assert.equal(questions[0]?.about, 'line 2');
  });

  const CERTAIN: ReadonlyArray<readonly [what: string, text: string]> = [
    ['names of the table', `first,city\n${PEOPLE}`],
    ['a word that comes again', `Bob,Bern\n${PEOPLE}`],
    ['numbers', `7,Bern\n${PEOPLE}`],
    ['an empty field', `Ann,\n${PEOPLE}`],
    ['no name', `Ann!,"Bern, BE"\n${PEOPLE}`],
    ['another number of fields', `Vorname\n${PEOPLE}`],
  ];
  for (const [what, text] of CERTAIN) {
    test(`there is none for ${what}`, () => {
      const { questions, warnings } = sniffText(text, { table: TEXTS });
      assert.deepEqual([questions, warnings], [[], []]);
    });
  }

  test('is not doubted where it is declared what it is', () => {
    const text = 'vor_name,wohn_ort\nAnn Lee,Bern 3\nBob Doe,Basel 4\n';
    for (const declared of [{ header: false }, { header: true }, { skipRows: 0 }]) {
      const { questions, warnings } = sniffText(text, { table: TEXTS, declared });
      assert.deepEqual([questions, warnings], [[], []]);
    }
  });
});

describe('last records that say that they are totals', () => {
  test('are told of where all columns take them', () => {
    const table = tableOf(column('what', 'text'), column('n', 'integer'), column('note', 'text'));
    const { warnings, dialect } = sniffText('what,n,note\na,1,x\nb,2,y\nTotal,3,\n', { table });
    assert.deepEqual(unusual(dialect), {});
    assert.match(warnings.join(), /^the last record that begins with "Total" .*\{"skipFooterRows":1\}/);
    const people = tableOf(column('first', 'text'), column('city', 'text'), column('n', 'integer'));
    const behind = sniffText('first,city,n\na,x,1\nb,y,2\nc,z,3\n,Sum,6\n', { table: people });
    assert.deepEqual(unusual(behind.dialect), {});
    assert.match(behind.warnings.join(), /^the last record that begins with "Sum" /);
    const two = sniffText('what,city\na,x\nSubtotal,1\nSumme:,2\n', { table: TEXTS }).warnings;
    assert.match(two.join(), /the last 2 records, from the one that begins with "Subtotal"/);
    const one = tableOf(column('line', 'text'));
    assert.match(sniffText('line\na\nb\n-- 2 rows --\n', { table: one }).warnings.join(), /"-- 2 rows --"/);
  });

  test('are footers as before where a column does not take them, and no matter where declared', () => {
    const totals = `${salesRows(',')}Total,,123.50,,\n`;
    assert.deepEqual(sniffText(totals, { table: SALES }).warnings, []);
    const numbered = tableOf(
      column('id', 'integer', { nullable: false }),
      column('city', 'text'),
      column('n', 'integer'),
    );
    const behind = sniffText('id,city,n\n1,x,1\n2,y,2\n3,z,3\n,Sum,6\n', { table: numbered });
    assert.deepEqual([unusual(behind.dialect), behind.warnings], [{ header: true, skipFooterRows: 1 }, []]);
    const text = 'first,city\na,x\nTotal,3\n';
    assert.deepEqual(sniffText(text, { table: TEXTS, declared: { skipFooterRows: 0 } }).warnings, []);
    assert.deepEqual(sniffText('first,city\na,x\nTotally,3\n', { table: TEXTS }).warnings, []);
  });
});
