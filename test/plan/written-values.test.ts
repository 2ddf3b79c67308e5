import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadCommands } from '../../src/plan/load-commands.ts';
import { runHere } from '../cli/command.ts';
import { makeFolder, planOf, tableOf, typesOf } from './folder.ts';
import { counts, freshDatabase, planApplyLoad } from './round-trip.ts';

const BANK =
  'Buchungstag;Valuta;Text;Betrag;Saldo;Telefon\n' +
  '02.01.2024;02.01.2024 08:15;Miete;-1.250,00;3.100,05;555 123 456\n' +
  '05.01.2024;05.01.2024 09:00;Gehalt;3.400,55;6.500,60;555 765 432\n' +
  '17.01.2024;17.01.2024 10:30;Markt;-45,10;6.455,50;555 111 222\n';

const DIALECT = {
  delimiter: ';',
  decimalChar: ',',
  groupChar: '.',
  dateFormat: '%d.%m.%Y',
  datetimeFormat: '%d.%m.%Y %H:%M',
};

test('numbers and dates are read as the file writes them, and it is said', async () => {
  const table = await tableOf(BANK, { dialect: { delimiter: ';' }, engine: 'postgres' });
  assert.deepEqual(typesOf(table), [
    'Buchungstag DATE',
    'Valuta TIMESTAMP',
    'Text TEXT',
    'Betrag NUMERIC(6,2)',
    'Saldo NUMERIC(6,2)',
    'Telefon TEXT',
  ]);
  assert.deepEqual([table.header?.length, table.rows, table.primaryKey], [6, 3, []]);
  const [, read] = table.notes;
  assert.match(read ?? '', /values read as decimal commas, thousands marked ".", dates %d\.%m\.%Y/);
  assert.match(read ?? '', /-1\.250,00 in line 2; 17\.01\.2024 in line 4 is a date in no other order/);
  assert.match(table.warnings.join('\n'), /column Telefon: 555 123 456 in line 2 .* it stays text/);
  const [command] = loadCommands([table]);
  assert.deepEqual(command?.dialect, { ...DIALECT, header: true });
});

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`${engine}: the file goes into the planned table, with what is said and without`, async () => {
    const filled = await planApplyLoad(engine, { 'bank.csv': BANK });
    assert.deepEqual(counts(filled), { read: 3, rejected: 0, reasons: '[[]]' });
    await using folder = await makeFolder({});
    const url = await freshDatabase(engine, folder.path);
    await writeFile(join(folder.path, 'bank.csv'), BANK);
    const run = (...args: string[]) => runHere(folder.path, [...args, '--database-url', url, '--json']);
    assert.equal((await run('plan', 'bank.csv', '--apply')).code, 0);
    const { code, json } = await run('load', 'bank.csv');
    assert.deepEqual([code, json[0]?.inserted], [0, 3]);
  });
}

describe('what the values do not decide stays text, with a line that says so', () => {
  const UNDECIDED: ReadonlyArray<readonly [what: string, values: readonly string[], says: RegExp]> = [
    [
      'days and months',
      ['03/04/2021', '05/06/2021'],
      /03\/04\/2021 in line 2 is 2021-04-03 with --dialect '\{"dateFormat":"%d\/%m\/%Y"\}', .* is 2021-03-04 with/,
    ],
    [
      'thousands or thirds',
      ['"1,234"', '"5,678"', '"9,012"', '"3,456"', '"7,890"'],
      /1,234 in line 2 is 1\.234 with .* is 1234 with/,
    ],
    ['commas beside points', ['"1,5"', '2.5'], /1,5 in line 2: the numbers of the file do not say/],
    ['groups alone', ['555 123', '555 765'], /555 123 in line 2 may be a number with marks/],
    ['short dates, or versions', ['01.02.03', '02.03.04'], /2003-02-01 with .* 2003-01-02 with/],
  ];
  for (const [what, values, says] of UNDECIDED) {
    test(what, async () => {
      const table = await tableOf(`id,v\n${values.map((value, i) => `${i},${value}\n`).join('')}`);
      assert.deepEqual(typesOf(table), ['id INTEGER', 'v TEXT']);
      assert.match(table.warnings.join('\n'), says);
    });
  }

  test('a format that only some columns have is that of most', async () => {
    const table = await tableOf('a,b,c\n31/12/2020,30/11/2020,12/31/2020\n');
    assert.deepEqual(typesOf(table), ['a DATE', 'b DATE', 'c TEXT']);
    assert.match(table.warnings.join('\n'), /column c: 12\/31\/2020 in line 2 is no date of %d\/%m\/%Y/);
  });
});

test('groups of one count are numbers where a fraction follows them', async () => {
  const table = await tableOf('id;v\n1;1 234,50\n2;2 345,60\n3;3 456,70\n', { dialect: { delimiter: ';' } });
  assert.deepEqual(typesOf(table), ['id INTEGER', 'v DECIMAL(6,2)']);
});

test('numbers with a currency or a percent sign stay text, and it is said how they become numbers', async () => {
  const rows = [
    ['"$1,234.50"', '5%', 'ABC 12'],
    ['"$2,000.00"', '7 %', 'ABC 13'],
  ];
  const table = await tableOf(`price,share,code\n${rows.map((row) => `${row.join(',')}\n`).join('')}`);
  assert.deepEqual(typesOf(table), ['price TEXT', 'share TEXT', 'code TEXT']);
  const said = table.warnings.filter((warning) => warning.includes('beside it'));
  assert.equal(said.length, 2);
  assert.match(
    said[0] ?? '',
    /column price: \$1,234\.50 in line 2 .*it stays text\. .*"bareNumber":false, and/,
  );
  assert.match(said[1] ?? '', /column share: 5% in line 2 .*"percent":true, and/);
});

test('the whole file decides, not its beginning', async () => {
  const row = (day: string, amount: string, i: number) => `${i};${day};${amount};${'x'.repeat(80)}\n`;
  const rows = Array.from({ length: 60_000 }, (_, i) => row('03/04/2021', '1.234', i)).join('');
  const text = `id;day;amount;text\n${rows}${row('13/04/2021', '1,50', 60_000)}`;
  assert.ok(text.length > 5 << 20);
  const table = await tableOf(text, { dialect: { delimiter: ';' } });
  assert.deepEqual(typesOf(table).slice(0, 3), ['id INTEGER', 'day DATE', 'amount DECIMAL(6,2)']);
  assert.deepEqual(table.warnings, []);
  const spoilt = await tableOf(`${text}60001;none;1,5;x\n`, { dialect: { delimiter: ';' } });
  assert.deepEqual(typesOf(spoilt)[1], 'day TEXT');
});

test('what is declared is not looked for', async () => {
  const table = await tableOf('a;n\n31.12.2020;1,5\n', {
    dialect: { delimiter: ';', decimalChar: '.', dateFormat: '%Y-%m-%d' },
  });
  assert.deepEqual(typesOf(table), ['a TEXT', 'n TEXT']);
});

test('each file of a table has its own way to write', async () => {
  const [table] = await planOf(
    { 'de.csv': 'id,day\n1,31.12.2020\n2,01.02.2021\n', 'us.csv': 'id,day\n3,12/31/2020\n4,02/01/2021\n' },
    { table: 'both' },
  );
  assert.ok(table);
  assert.deepEqual(typesOf(table), ['id INTEGER', 'day DATE']);
  const formats = loadCommands([table]).map(({ dialect }) => dialect?.dateFormat);
  assert.deepEqual(formats, ['%d.%m.%Y', '%m/%d/%Y']);
});

test('years above other numbers are names; years below names are none', async () => {
  const wide = await tableOf('Region,2021,2022\nNord,1200,1300\nSud,900,950\n');
  assert.deepEqual([wide.header, wide.rows], [['Region', '2021', '2022'], 2]);
  assert.match(wide.warnings.join(), /has years above columns of other numbers/);
  const long = await tableOf('who,from,to\nAnn,2020,2021\nBob,2019,2020\n');
  assert.deepEqual([long.header, long.rows], [['who', 'from', 'to'], 2]);
  const bare = await tableOf('Ann,2020,2021\nBob,2019,2020\n');
  assert.deepEqual([bare.header, bare.rows], [null, 2]);
});
