import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import { KEY_FILE, loadKeyEncryptionKey } from '../../src/seal/key-file.ts';

function withHome(work: (home: string) => void): void {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-key-'));
  try {
    work(home);
  } finally {
    rmSync(home, { recursive: true });
  }
}

const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof RowferryError && error.code === 'config-invalid' && pattern.test(error.detail);

test('the key file is made once, for its owner alone, and read again', () => {
  withHome((home) => {
    const made = loadKeyEncryptionKey({ home, keyEncryptionKey: null });
    assert.equal(made.length, 32);
    assert.equal(statSync(join(home, KEY_FILE)).mode & 0o777, 0o600);
    assert.deepEqual(loadKeyEncryptionKey({ home, keyEncryptionKey: null }), made);
    assert.deepEqual(readdirSync(home), [KEY_FILE], 'nothing else is left');
  });
});

test('a key file that others can read is refused, with the command that mends it', () => {
  withHome((home) => {
    const path = join(home, KEY_FILE);
    loadKeyEncryptionKey({ home, keyEncryptionKey: null });
    for (const mode of [0o640, 0o604, 0o620, 0o666]) {
      chmodSync(path, mode);
      assert.throws(() => loadKeyEncryptionKey({ home, keyEncryptionKey: null }), invalid(/expected 0600/));
    }
  });
});

test('a damaged key file is refused and never made anew', () => {
  withHome((home) => {
    const path = join(home, KEY_FILE);
    for (const content of ['', 'short', Buffer.alloc(31).toString('base64')]) {
      writeFileSync(path, content, { mode: 0o600 });
      assert.throws(() => loadKeyEncryptionKey({ home, keyEncryptionKey: null }), invalid(/32 bytes/));
      assert.equal(readFileSync(path, 'utf8'), content);
    }
  });
});

test('a configured key is taken as it is, and no file is made', () => {
  withHome((home) => {
    const key = Buffer.alloc(32, 7);
    assert.deepEqual(loadKeyEncryptionKey({ home, keyEncryptionKey: key.toString('base64') }), key);
    assert.throws(() => loadKeyEncryptionKey({ home, keyEncryptionKey: 'no key' }), invalid(/32 bytes/));
    assert.deepEqual(readdirSync(home), []);
  });
});
