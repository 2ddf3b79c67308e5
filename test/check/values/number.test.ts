import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column } from '../judge.ts';
import { columnRead, readFields, readsAs, refuses } from './read.ts';

const integer = column('i', 'integer');
const decimal = column('d', 'decimal');
const float = column('f', 'float');

const GERMAN = { decimalChar: ',', groupChar: '.' };
const ENGLISH = { groupChar: ',' };

test('a decimal comma, with and without thousands', () => {
  const expected = {
    '1.234,56': '1234.56',
    '-1.234.567,5': '-1234567.5',
    '+12.345': '+12345',
    '999.999.999.999': '999999999999',
    '1234,56': '1234.56',
    '0,5': '0.5',
    ',5': '.5',
    '5,': '5.',
    '1234': '1234',
    '007,10': '007.10',
  };
  readsAs(decimal, GERMAN, expected);
  readsAs(float, GERMAN, expected);
});

test('a point where the decimal mark is a comma is never taken for one', () => {
  refuses(decimal, GERMAN, ['1.5', '1.50', '0.125', '1234.567', '-0.5', '.5', '5.', '12.34.567,1']);
  refuses(decimal, { decimalChar: ',' }, ['1.5', '1.500', '1,234.5', '1.234,5']);
  refuses(float, { decimalChar: ',' }, ['1.5', '1.5e3']);
});

test('marks that stand where no group ends', () => {
  const wrong = [
    '1,23',
    '12,34',
    '1,2345',
    '1234,567',
    ',123',
    '1,,234',
    '1,234,',
    '0,125',
    '00,123',
    '1,234,56',
  ];
  refuses(integer, ENGLISH, wrong);
  refuses(decimal, ENGLISH, [...wrong, '1,234.567,8', '1.234,5', '1234,567.5']);
});

test('lakhs and crores', () => {
  readsAs(integer, ENGLISH, { '12,34,567': '1234567', '1,23,45,678': '12345678', '12,345': '12345' });
  refuses(integer, ENGLISH, ['123,45,678', '1,234,56,789', '12,34,56', '12,345,67,890']);
});

test('every mark between digits', () => {
  for (const groupChar of [' ', '\u00a0', '\u202f', "'", '’', '_', '.']) {
    readsAs(
      column('i', 'integer'),
      { groupChar },
      { [`12${groupChar}345${groupChar}678`]: '12345678', '42': '42' },
    );
    refuses(integer, { groupChar }, [
      `12${groupChar}34`,
      `1${groupChar}`,
      `${groupChar}123`,
      '1\u2009000',
      '1;000',
    ]);
  }
  readsAs(decimal, { decimalChar: '٫', groupChar: '٬' }, { '1٬234٫5': '1234.5' });
});

test('what is no number stays none', () => {
  const garbage = [
    '',
    ' ',
    '-',
    '+',
    '.',
    ',',
    '--1',
    '1-',
    '(1)',
    'abc',
    '1 000',
    '1e',
    '1a',
    '−5',
    '٣',
    'NaN',
  ];
  refuses(integer, GERMAN, [...garbage, '1,5', '1,0', '1e3']);
  refuses(decimal, GERMAN, [...garbage, '1e3', '1,5e3']);
  refuses(float, GERMAN, garbage);
  readsAs(float, GERMAN, { '1,5e3': '1.5e3', '-1.000,5E-3': '-1000.5E-3', '2e10': '2e10' });
});

test('limits hold for the number that was read, and the reason shows what came', () => {
  const narrow = column('d', 'decimal', { precision: 5, scale: 2, sqlType: 'DECIMAL(5,2)' });
  const [range, scale, form] = readFields(['"1.234,56"', '"1,234"', '1.5'], narrow, GERMAN);
  assert.deepEqual(range, {
    code: 'range',
    column: 'd',
    value: '1.234,56',
    message: 'd is "1.234,56"; at most 3 digits before the point fit DECIMAL(5,2)',
  });
  assert.deepEqual(scale, {
    code: 'scale',
    column: 'd',
    value: '1,234',
    message: 'd is "1,234"; at most 2 digits after the point fit DECIMAL(5,2)',
  });
  assert.deepEqual(form, {
    code: 'type.decimal',
    column: 'd',
    value: '1.5',
    message: 'd is "1.5"; expected a number such as 1.234,56',
  });
});

test('fields without quotes, with doubled ones, and NULLs', () => {
  const read = readFields(['1.234', '', '""', '"1.""234"', '1.234'], integer, { groupChar: '.' });
  assert.deepEqual(
    read.map((each) => (each !== null && typeof each === 'object' ? each.code : each)),
    ['1234', null, 'type.integer', 'type.integer', '1234'],
  );
});

test('a currency is dropped where numbers need not be bare', () => {
  const money = columnRead('decimal', { decimalChar: ',', groupChar: '.', bareNumber: false });
  readsAs(
    money,
    {},
    {
      '€ 1.234,50': '1234.50',
      '1.234,50 €': '1234.50',
      '1.234,50\u00a0EUR': '1234.50',
      '-5,00€': '-5.00',
      '€-5,00': '-5.00',
      '-€ 5': '-5',
      'US$ 12': '12',
      'R$12,5': '12.5',
      'CHF 1': '1',
      '100 kr.': '100',
      '99,5%': '99.5',
      '1.234,50': '1234.50',
      '-1': '-1',
    },
  );
  const refused = [
    '5k',
    '3 Mio',
    '100 CR',
    '(5)',
    '5-',
    '1 XYZ',
    '€ 5 EUR',
    '-€-5',
    '€',
    'EUR',
    '5 EUR!',
    '1.5 €',
    '€ 1 2',
  ];
  refuses(money, {}, refused);
  refuses(decimal, GERMAN, ['€ 5', '5 €', '5%']);
});

test('hundredths by choice, with their sign', () => {
  const share = columnRead('decimal', { percent: true });
  readsAs(
    share,
    {},
    {
      '12.5%': '0.125',
      '100 %': '1.00',
      '0.5%': '0.005',
      '.5%': '0.005',
      '-3%': '-0.03',
      '250.25\u00a0%': '2.5025',
      '5.%': '0.05',
    },
  );
  readsAs(
    columnRead('decimal', { percent: true, decimalChar: ',', groupChar: '.' }),
    {},
    { '1.234,5%': '12.345' },
  );
  refuses(share, {}, ['12.5', '%', '1e3%', '12,5%', '5%%', '5  %', '% 5']);
  readsAs(columnRead('integer', { percent: true }), {}, { '300%': '3', '0%': '0' });
  refuses(columnRead('integer', { percent: true }), {}, ['12%', '12.5%']);
});

test('what a schema says of a column goes before the dialect', () => {
  readsAs(columnRead('decimal', { decimalChar: '.' }), GERMAN, { '1.5': '1.5' });
  readsAs(columnRead('decimal', { groupChar: null }), GERMAN, { '1234,5': '1234.5' });
  refuses(columnRead('decimal', { groupChar: null }), GERMAN, ['1.234,5']);
  readsAs(columnRead('decimal', { groupChar: ',' }), GERMAN, { '1,234.5': '1234.5' });
});

test('where nothing is declared the tape stays the same', () => {
  readsAs(decimal, { timeZone: 'UTC', trueValues: ['ja'] }, { '1.5': '1.5', '1,5': 'type.decimal' });
});
