import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearNames } from '../../src/lib/near-names.ts';

const TABLES = ['departments', 'hired_employees', 'jobs'];

test('the nearest name comes first, in any case', () => {
  assert.deepEqual(nearNames('Job', TABLES), ['jobs']);
  assert.deepEqual(nearNames('HIRED_EMPLOYEE', TABLES), ['hired_employees']);
});

test('a name far from all gives none', () => {
  assert.deepEqual(nearNames('customers_2021', TABLES), []);
});

test('no more than asked for, ties in the order of names', () => {
  assert.deepEqual(nearNames('ab', ['ad', 'ac', 'aa'], 2), ['aa', 'ac']);
});
