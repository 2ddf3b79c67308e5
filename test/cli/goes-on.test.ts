import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import type { Load } from '../../src/model/receipt.ts';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { type AnnounceOptions, announce, sendPart, utf8 } from '../ingest/fixture.ts';
import { makeHome, runHere } from './command.ts';

/** A load that is cut short: what `receipts` prints goes on with it, typed as it stands there. */

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
let home: Awaited<ReturnType<typeof makeHome>>;

before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
  withDatabase(join(home.path, 'data', 'rowferry.sqlite'), (db) =>
    db.exec('CREATE TABLE "o\'dd; notes" (id INTEGER PRIMARY KEY, note VARCHAR(30) NOT NULL)'),
  );
});
after(() => home[Symbol.asyncDispose]());

/** Sends so many bytes of it and ends. */
async function cutShort(content: string, bytes: number, said: AnnounceOptions): Promise<Load> {
  const config = loadConfig({ home: home.path }, {});
  const ingest = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
  try {
    const load = await announce(ingest, utf8(content), { table: "o'dd; notes", ...said });
    return bytes === 0 ? load : await sendPart(ingest, load.id, utf8(content), 0, bytes);
  } finally {
    await ingest.close();
  }
}

async function printedFor({ id }: Load): Promise<string> {
  const { stdout } = await runHere(home.path, ['receipts', id]);
  const [, command] = /\nnext: (.*) {4}goes on with it\n/.exec(stdout) ?? [];
  assert.equal(typeof command, 'string', stdout);
  return command ?? '';
}

const typed = (command: string, code = 0): string => {
  const script = `rowferry() { '${process.execPath}' '${MAIN}' "$@"; }; ${command} --json; [ $? = ${code} ]`;
  const env = { PATH: process.env.PATH ?? '', HOME: home.path };
  return execFileSync('/bin/sh', ['-c', script], { cwd: home.path, env, encoding: 'utf8' });
};

test('with its dialect, mode and limit, whatever the shell makes of its names', async () => {
  const name = "it's $(here) & ; there.csv";
  const content = 'id;note\n1;"a;b"\n2;c\n1;d\n3;\n';
  await writeFile(join(home.path, name), content);
  const dialect = { delimiter: ';', header: true } as const;
  const cut = content.indexOf('2;c');
  const load = await cutShort(content, cut, { name, dialect, mode: 'upsert', maxRejects: '50%' });
  assert.deepEqual([load.state, load.offset], ['receiving', cut]);
  const result = JSON.parse(typed(await printedFor(load), 3));
  assert.deepEqual([result.load, result.read, result.inserted, result.updated], [load.id, 4, 2, 1]);
});

test('of one of which nothing was taken, atomic', async () => {
  const content = 'id|note\n11|a\n12|b\n';
  await writeFile(join(home.path, 'odd.csv'), content);
  const dialect = { delimiter: '|', header: true } as const;
  const load = await cutShort(content, 0, { name: 'odd.csv', dialect, atomic: true });
  const result = JSON.parse(typed(await printedFor(load)));
  assert.deepEqual([result.load, result.inserted], [load.id, 2]);
  assert.match((await runHere(home.path, ['receipts', load.id])).stdout, /mode insert, atomic/);
});

test('where the file does not lie here, that is said; what the folder holds goes on by itself', async () => {
  const load = await cutShort('id,note\n21,a\n22,b\n', 13, { name: 'elsewhere.csv' });
  const { stdout } = await runHere(home.path, ['receipts', load.id]);
  assert.match(stdout, /rowferry load FOLDER\/elsewhere\.csv --table 'o'\\''dd; notes' .*goes on with it\n/);
  assert.match(stdout, /\n {8}FOLDER: where elsewhere\.csv lies/);
  const claimed = join(home.path, 'data', 'work', '01KAN3M0V5Q5X8W2B7R4T9Y6ZC');
  await mkdir(claimed, { recursive: true });
  await writeFile(join(claimed, 'elsewhere.csv'), '');
  assert.equal(await printedFor(load), 'rowferry up');
});
