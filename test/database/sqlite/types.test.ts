import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type TypeFacts, typeFacts } from '../../../src/database/sqlite/types.ts';

const BIG = { minimum: -(2n ** 63n), maximum: 2n ** 63n - 1n };

const TYPES: Readonly<Record<string, TypeFacts>> = {
  INTEGER: { kind: 'integer', ...BIG },
  int: { kind: 'integer', ...BIG },
  'INT(11)': { kind: 'integer', ...BIG },
  BIGINT: { kind: 'integer', ...BIG },
  'UNSIGNED BIG INT': { kind: 'integer', minimum: 0n, maximum: BIG.maximum },
  'INTEGER UNSIGNED': { kind: 'integer', minimum: 0n, maximum: BIG.maximum },
  TINYINT: { kind: 'integer', minimum: -128n, maximum: 127n },
  SMALLINT: { kind: 'integer', minimum: -32_768n, maximum: 32_767n },
  INT2: { kind: 'integer', minimum: -32_768n, maximum: 32_767n },
  INT8: { kind: 'integer', ...BIG },
  TEXT: { kind: 'text' },
  '': { kind: 'text' },
  'VARCHAR(200)': { kind: 'text', maxLength: 200 },
  'varchar ( 20 )': { kind: 'text', maxLength: 20 },
  'CHARACTER VARYING(20)': { kind: 'text', maxLength: 20 },
  'NATIVE CHARACTER(70)': { kind: 'text', maxLength: 70 },
  CLOB: { kind: 'text' },
  ANY: { kind: 'text' },
  BLOB: { kind: 'binary' },
  'VARBINARY(16)': { kind: 'binary' },
  BYTEA: { kind: 'binary' },
  REAL: { kind: 'float' },
  'DOUBLE PRECISION': { kind: 'float' },
  FLOAT: { kind: 'float' },
  'DECIMAL(10,2)': { kind: 'decimal', significantDigits: 15, precision: 10, scale: 2 },
  'decimal( 10 , 2 )': { kind: 'decimal', significantDigits: 15, precision: 10, scale: 2 },
  'NUMERIC(8)': { kind: 'decimal', significantDigits: 15, precision: 8, scale: 0 },
  'NUMBER(8,3)': { kind: 'decimal', significantDigits: 15, precision: 8, scale: 3 },
  DEC: { kind: 'decimal', significantDigits: 15 },
  NUMERIC: { kind: 'decimal', significantDigits: 15 },
  BOOLEAN: { kind: 'boolean' },
  bool: { kind: 'boolean' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time', withZone: false },
  'TIME(3)': { kind: 'time', withZone: false, fractionDigits: 3 },
  DATETIME: { kind: 'datetime', withZone: false },
  'TIMESTAMP(6)': { kind: 'datetime', withZone: false, fractionDigits: 6 },
  TIMESTAMPTZ: { kind: 'datetime', withZone: true },
  'TIMESTAMP(3) WITH TIME ZONE': { kind: 'datetime', withZone: true, fractionDigits: 3 },
  'TIMESTAMP WITHOUT TIME ZONE': { kind: 'datetime', withZone: false },
  UUID: { kind: 'uuid' },
  JSON: { kind: 'json' },
};

for (const [declared, facts] of Object.entries(TYPES)) {
  test(`${declared === '' ? 'no type' : declared} is ${facts.kind}`, () => {
    assert.deepEqual(typeFacts(declared), facts);
  });
}
