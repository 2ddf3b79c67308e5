import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TypeFacts, type TypeRow, typeFacts } from '../../../src/database/mysql/types.ts';

const NOTHING = { length: null, precision: null, scale: null, fractionDigits: null, collation: null };

/** As information_schema.COLUMNS of MySQL 8.0 and MariaDB 10.11 tells them. */
const TYPES: ReadonlyArray<readonly [Partial<TypeRow> & { columnType: string }, TypeFacts]> = [
  [{ columnType: 'tinyint(4)' }, { baseType: 'tinyint', kind: 'integer', minimum: -128n, maximum: 127n }],
  [{ columnType: 'tinyint(1)' }, { baseType: 'tinyint', kind: 'boolean' }],
  [
    { columnType: 'tinyint(1) unsigned' },
    { baseType: 'tinyint', kind: 'integer', minimum: 0n, maximum: 255n },
  ],
  [
    { columnType: 'int' },
    { baseType: 'int', kind: 'integer', minimum: -(2n ** 31n), maximum: 2n ** 31n - 1n },
  ],
  [
    { columnType: 'mediumint(8) unsigned zerofill' },
    { baseType: 'mediumint', kind: 'integer', minimum: 0n, maximum: 2n ** 24n - 1n },
  ],
  [
    { columnType: 'bigint unsigned' },
    { baseType: 'bigint', kind: 'integer', minimum: 0n, maximum: 2n ** 64n - 1n },
  ],
  [
    { columnType: 'bit(1)', precision: 1 },
    { baseType: 'bit', kind: 'boolean' },
  ],
  [
    { columnType: 'bit(12)', precision: 12 },
    { baseType: 'bit', kind: 'integer', minimum: 0n, maximum: 4095n },
  ],
  [{ columnType: 'year(4)' }, { baseType: 'year', kind: 'integer', minimum: 1901n, maximum: 2155n }],
  [
    { columnType: 'decimal(65,30)', precision: 65, scale: 30 },
    { baseType: 'decimal', kind: 'decimal', precision: 65, scale: 30 },
  ],
  [
    { columnType: 'decimal(5,2) unsigned', precision: 5, scale: 2 },
    { baseType: 'decimal', kind: 'decimal', precision: 5, scale: 2, minimum: 0n },
  ],
  [
    { columnType: 'float', precision: 12 },
    { baseType: 'float', kind: 'float', bits: 32 },
  ],
  [
    { columnType: 'float(7,3) unsigned', precision: 7, scale: 3 },
    { baseType: 'float', kind: 'float', bits: 32, precision: 7, scale: 3, minimum: 0n },
  ],
  [
    { columnType: 'double', precision: 22 },
    { baseType: 'double', kind: 'float', bits: 64 },
  ],
  [{ columnType: 'date' }, { baseType: 'date', kind: 'date' }],
  [
    { columnType: 'time(3)', fractionDigits: 3 },
    { baseType: 'time', kind: 'time', withZone: false, fractionDigits: 3, spanHours: 838 },
  ],
  [
    { columnType: 'datetime', fractionDigits: 0 },
    { baseType: 'datetime', kind: 'datetime', withZone: false, fractionDigits: 0 },
  ],
  [
    { columnType: 'timestamp(6)', fractionDigits: 6 },
    {
      baseType: 'timestamp',
      kind: 'datetime',
      withZone: true,
      fractionDigits: 6,
      firstSecond: 1,
      lastSecond: 2_147_483_647,
    },
  ],
  [
    { columnType: 'char(5)', length: 5, collation: 'utf8mb4_bin' },
    { baseType: 'char', kind: 'text', maxLength: 5, padded: true, collation: 'utf8mb4_bin' },
  ],
  [
    { columnType: 'varchar(200)', length: 200, collation: 'latin1_bin' },
    { baseType: 'varchar', kind: 'text', maxLength: 200, collation: 'latin1_bin' },
  ],
  [
    { columnType: 'text', length: 65_535, collation: 'utf8mb4_bin' },
    { baseType: 'text', kind: 'text', maxBytes: 65_535, collation: 'utf8mb4_bin' },
  ],
  [
    { columnType: 'text', length: 65_535, collation: 'latin1_bin' },
    { baseType: 'text', kind: 'text', collation: 'latin1_bin' },
  ],
  [
    { columnType: 'longtext', length: 4_294_967_295, collation: 'utf8mb4_bin' },
    { baseType: 'longtext', kind: 'text', collation: 'utf8mb4_bin' },
  ],
  [
    { columnType: "enum('a','it''s','x,y')", length: 16, collation: 'utf8mb4_bin' },
    { baseType: 'enum', kind: 'text', enum: ['a', "it's", 'x,y'], collation: 'utf8mb4_bin' },
  ],
  [
    { columnType: "set('a','b')", length: 12, collation: 'utf8mb4_bin' },
    { baseType: 'set', kind: 'text', members: ['a', 'b'], collation: 'utf8mb4_bin' },
  ],
  [
    { columnType: 'binary(16)', length: 16 },
    { baseType: 'binary', kind: 'binary', maxBytes: 16, padded: true },
  ],
  [
    { columnType: 'varbinary(16)', length: 16 },
    { baseType: 'varbinary', kind: 'binary', maxBytes: 16 },
  ],
  [
    { columnType: 'tinyblob', length: 255 },
    { baseType: 'tinyblob', kind: 'binary', maxBytes: 255 },
  ],
  [
    { columnType: 'longblob', length: 4_294_967_295 },
    { baseType: 'longblob', kind: 'binary' },
  ],
  [{ columnType: 'json' }, { baseType: 'json', kind: 'json' }],
  [{ columnType: 'uuid' }, { baseType: 'uuid', kind: 'uuid' }],
  [{ columnType: 'inet6' }, { baseType: 'inet6', kind: 'text' }],
  [{ columnType: 'point' }, { baseType: 'point', kind: 'binary' }],
];

for (const [row, facts] of TYPES) {
  test(`${row.columnType} is ${facts.kind}`, () => {
    const dataType = /^\w+/.exec(row.columnType)?.[0] ?? '';
    assert.deepEqual(typeFacts({ dataType, ...NOTHING, ...row }), facts);
  });
}
