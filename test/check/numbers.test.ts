import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeFacts } from '../../src/database/sqlite/types.ts';
import type { RejectCode } from '../../src/model/reject.ts';
import type { Column } from '../../src/model/table.ts';
import { column, errorsOf, judged } from './judge.ts';

type Cases = Readonly<Record<string, RejectCode | null>>;

const sqlite = (sqlType: string): Column => column('n', 'text', { sqlType, ...typeFacts(sqlType) });

function holds(name: string, target: Column, cases: Cases): void {
  test(name, () => {
    const found = Object.fromEntries(Object.keys(cases).map((value) => [value, judged(value, target)]));
    assert.deepEqual(found, cases);
  });
}

holds('integer: sign, digits, nothing else', sqlite('INTEGER'), {
  '0': null,
  '-0': null,
  '+7': null,
  '007': null,
  '-00000000000000000001': null,
  '123456789012345': null,
  '1234567890123456': null,
  '9223372036854775807': null,
  '+9223372036854775807': null,
  '-9223372036854775808': null,
  '9223372036854775808': 'range',
  '-9223372036854775809': 'range',
  '12345678901234567890': 'range',
  '0009223372036854775807': null,
  '': 'type.integer',
  '+': 'type.integer',
  '-': 'type.integer',
  ' 1': 'type.integer',
  '1 ': 'type.integer',
  '1.0': 'type.integer',
  '1e3': 'type.integer',
  '--1': 'type.integer',
  '1-': 'type.integer',
  '1_000': 'type.integer',
  '１': 'type.integer',
  '1234567890123456x': 'type.integer',
  '1"2': 'type.integer',
});

holds('integer: a number of thousands of digits is out of range, not a failure', sqlite('BIGINT'), {
  ['9'.repeat(4000)]: 'range',
  ['9'.repeat(5000)]: 'range',
});

for (const [type, least, most] of [
  ['TINYINT', -128n, 127n],
  ['SMALLINT', -32_768n, 32_767n],
  ['MEDIUMINT', -8_388_608n, 8_388_607n],
  ['INT4', -2_147_483_648n, 2_147_483_647n],
  ['INTEGER UNSIGNED', 0n, 2n ** 63n - 1n],
] as const) {
  holds(`integer: ${type} from ${least} to ${most}`, sqlite(type), {
    [`${least}`]: null,
    [`${most}`]: null,
    [`${least - 1n}`]: 'range',
    [`${most + 1n}`]: 'range',
  });
}

holds('decimal(5,2): digits before and after the point', sqlite('DECIMAL(5,2)'), {
  '0': null,
  '-0.00': null,
  '999.99': null,
  '-999.99': null,
  '+1.5': null,
  '.5': null,
  '5.': null,
  '000999.99': null,
  '1.2300000': null,
  '1000': 'range',
  '1000.00': 'range',
  '1.234': 'scale',
  '0.001': 'scale',
  '.': 'type.decimal',
  '': 'type.decimal',
  '-': 'type.decimal',
  '+.': 'type.decimal',
  '1.2.3': 'type.decimal',
  '1,2': 'type.decimal',
  '1e2': 'type.decimal',
  ' 1': 'type.decimal',
  NaN: 'type.decimal',
});

holds('decimal without a precision: what a double keeps of it', sqlite('NUMERIC'), {
  '123456789012345': null,
  '12345.6789012345': null,
  '12345.67890123456': 'range',
  '0.000000000000000123456789012345': null,
  '0.0000000000000001234567890123456': 'range',
  '12345678901234567.5': 'range',
});

holds('decimal: a whole number of up to 18 digits is kept as it is, without a point', sqlite('DECIMAL(18)'), {
  '123456789012345678': null,
  '-999999999999999999': null,
  '123456789012345678.0': 'range',
  '1234567890123456789': 'range',
  '0000123456789012345678': null,
});

holds('float: any notation of a finite number', sqlite('REAL'), {
  '0': null,
  '-0.0': null,
  '1': null,
  '1.': null,
  '.5': null,
  '+1.5e-3': null,
  '1E10': null,
  '1.7976931348623157e308': null,
  '5e-324': null,
  '0e999': null,
  ['0'.repeat(399)]: null,
  '1e309': 'range',
  '-1e309': 'range',
  '1e-400': 'range',
  '': 'type.float',
  inf: 'type.float',
  NaN: 'type.float',
  '1e': 'type.float',
  e5: 'type.float',
  '.': 'type.float',
  '0x10': 'type.float',
  '1 ': 'type.float',
  ['0'.repeat(401)]: 'type.float',
});

test('messages say what was found and what is expected', () => {
  const columns = [
    column('a', 'integer', { minimum: -5n, maximum: 5n }),
    column('b', 'integer'),
    column('c', 'decimal', { sqlType: 'DECIMAL(5,2)', precision: 5, scale: 2 }),
    column('d', 'float', { sqlType: 'REAL' }),
  ];
  const errors = errorsOf('6,x,1.234,1e999\n1,1,1234,1\n', columns).map((each) => each.errors);
  assert.deepEqual(
    errors.flat().map(({ code, column: name, value, message }) => [code, name, value, message]),
    [
      ['range', 'a', '6', 'a is "6"; expected -5 to 5'],
      ['type.integer', 'b', 'x', 'b is "x"; expected a whole number such as 42'],
      ['scale', 'c', '1.234', 'c is "1.234"; at most 2 digits after the point fit DECIMAL(5,2)'],
      ['range', 'd', '1e999', 'd is "1e999"; it does not fit REAL'],
      ['range', 'c', '1234', 'c is "1234"; at most 3 digits before the point fit DECIMAL(5,2)'],
    ],
  );
});

test('a decimal that the engine would round is told so', () => {
  const [error] = errorsOf('12345.67890123456\n', [sqlite('DECIMAL(20,12)')])[0]?.errors ?? [];
  assert.equal(
    error?.message,
    'n is "12345.67890123456"; at most 15 digits fit DECIMAL(20,12) without rounding',
  );
});
