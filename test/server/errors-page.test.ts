import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_CODES } from '../../src/errors.ts';

const PAGE = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const CODES: Readonly<Record<string, { readonly status: number; readonly retryable: boolean }>> = ERROR_CODES;

interface Row {
  readonly code: string;
  readonly status: string;
  readonly happened: string;
  readonly toDo: string;
}

const rows: Row[] = [...PAGE.matchAll(/^\| `([a-z-]+)` \| (.*?) \| (.*?) \| (.*) \|$/gm)].map(
  ([, code = '', status = '', happened = '', toDo = '']) => ({ code, status, happened, toDo }),
);

test('docs/errors.md lists every code, in the order of src/errors.ts, and no other', () => {
  assert.deepEqual(
    rows.map(({ code }) => code),
    Object.keys(CODES),
  );
});

test('docs/errors.md gives each code its status, its meaning and what to do', () => {
  for (const { code, status, happened, toDo } of rows) {
    const facts = CODES[code];
    assert.equal(status, `${facts?.status}${facts?.retryable ? ' (retryable)' : ''}`, code);
    assert.ok(happened.length > 20 && toDo.length > 10, code);
  }
});
