import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { fileKeyOfBackup } from '../../src/client/file-key.ts';
import type { ConfigInput } from '../../src/config.ts';
import { makeKeys } from '../age/fixture.ts';
import { type Recorder, startRecorder } from '../client/recorder.ts';
import { type Rig, startRig } from '../client/rig.ts';
import { ROOT } from '../house/source.ts';
import { inPage, openPage, startChromium } from './chromium.ts';
import type { Server } from './scenario.ts';

const ROWS = 20_000;
const NAMES = Array.from({ length: 10 }, (_, index) => `Quetzalcoatl-Planted-${index * 7919}`);
/** Characters of three bytes, so that rows that fit the table fill several parts. */
const WIDE = '渡'.repeat(95);

let browser: Browser;

before(async () => {
  browser = await startChromium();
});
after(() => browser.close());

interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly recorder: Recorder;
  readonly page: Page;
  readonly server: Server;
}

/** A page whose requests reach a real server through a recorder of every byte. */
async function setStage(html?: string, settings: ConfigInput = {}): Promise<Stage> {
  const rig = await startRig(settings);
  const recorder = await startRecorder(rig.server.url);
  const page = await openPage(browser, recorder.url, html);
  return {
    rig,
    recorder,
    page,
    server: { url: recorder.url, key: rig.token },
    [Symbol.asyncDispose]: async () => {
      await page.close();
      await recorder[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

/** Of 20,000 records the first five and the last five hold a planted name, every second of them in a reject. */
function planted(): string {
  const record = (index: number): string => {
    const name = index < 5 ? NAMES[index] : index < ROWS - 5 ? undefined : NAMES[index - ROWS + 10];
    return name === undefined ? `${index},${WIDE}` : `${index % 2 === 0 ? index : `x${index}`},${name}`;
  };
  return `${Array.from({ length: ROWS }, (_, index) => record(index)).join('\n')}\n`;
}

test('a browser inserts, loads, reads rejects, backs up, downloads and restores; no name passes in the clear', async () => {
  await using stage = await setStage();
  const { page, server, rig } = stage;
  assert.deepEqual(await inPage(page, 'batches', server, NAMES), {
    inserted: 10,
    updated: 10,
    skipped: 10,
    again: 'rows-rejected',
    columns: ['id', 'job'],
  });
  const text = planted();
  const { result, offsets, rejects, name, again, size } = await inPage(page, 'load', server, text);
  assert.deepEqual([result.read, result.rejected, result.state], [ROWS, 5, 'completed_with_rejects']);
  assert.equal(result.inserted + result.updated, ROWS - 5);
  assert.equal(result.sha256, createHash('sha256').update(text).digest('hex'));
  assert.ok(offsets.length >= 3, `${offsets.length} parts`);
  assert.equal(offsets.at(-1), size);
  assert.equal(rejects.length, 5);
  assert.ok(rejects.every((raw) => /^x\d+,Quetzalcoatl/.test(raw)));
  assert.deepEqual([name, again], ['jobs.csv', 'duplicate']);

  const backup = await inPage(page, 'backups', server);
  const [{ n: rows } = {}] = rig.query('SELECT count(*) n FROM jobs');
  assert.deepEqual([backup.sha256, backup.size], [backup.made.sha256, backup.made.bytes]);
  assert.deepEqual([backup.dryRun.rows, backup.byFile.rows, backup.byId.rows], [rows, rows, rows]);
  assert.deepEqual([backup.state, backup.listed, backup.missing], ['verified', true, 'backup-not-found']);

  const bytes = stage.recorder.bytes();
  assert.match(bytes.toString('latin1'), /PATCH \/v1\/loads\/\w+\?offset=0/);
  assert.ok(bytes.length > 6_000_000, `${bytes.length} bytes passed`);
  const secret = rig.token.slice(17, 60);
  assert.deepEqual(
    [...NAMES, WIDE, '"inserted"', secret].filter((text) => bytes.includes(text)),
    [],
  );
});

test('a browser lists, verifies and downloads an encrypted backup, and says what to type where it cannot open one', async () => {
  const { recipient, identity } = await makeKeys();
  await using stage = await setStage(undefined, { backupRecipients: [recipient] });
  const { page, server, rig } = stage;
  rig.execute("INSERT INTO jobs VALUES (1, 'Ann'), (2, 'Bob')");
  const [made] = await rig.client.backup(['jobs']);
  const info = (await rig.client.backups()).find(({ id }) => id === made?.id);
  assert.ok(made !== undefined && info !== undefined);
  const fileKey = (await fileKeyOfBackup(info, [identity])) ?? assert.fail();
  const seen = await inPage(page, 'encrypted', server, made.id, [...fileKey]);
  assert.deepEqual([seen.recipients, seen.sha256, seen.state], [[recipient], made.sha256, 'verified']);
  assert.equal(seen.keyless.length, 2);
  for (const said of seen.keyless) {
    assert.match(
      String(said),
      /^backup-no-key: .*Nothing was changed\..*rowferry restore ID --identity FILE/s,
    );
  }
  assert.deepEqual(seen.rows, [2, 2]);
});

test('keys are made, used and revoked in a browser', async () => {
  await using stage = await setStage();
  assert.deepEqual(await inPage(stage.page, 'keys', stage.server), {
    tables: ['jobs'],
    denied: 'forbidden',
    revoked: true,
    refused: 'seal-invalid',
  });
  assert.deepEqual(await inPage(stage.page, 'misuse', stage.server), {
    key: 'unauthorized',
    url: 'TypeError: url is "nowhere"; expected something like http://127.0.0.1:5000',
  });
});

test('an answer of which a byte was flipped is refused', async () => {
  await using stage = await setStage();
  const { page, server, rig } = stage;
  const [backup] = await rig.client.backup(['jobs']);
  await page.route(/\/v1\/.*\/(rows|content)/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.body();
    const at = Math.floor(body.length / 2);
    body.writeUInt8(body.readUInt8(at) ^ 1, at);
    await route.fulfill({ response: answer, body });
  });
  assert.equal(await inPage(page, 'insertOne', server, 1), 'answer-invalid');
  assert.equal(await inPage(page, 'download', server, backup?.id ?? ''), 'answer-invalid');
  assert.equal(rig.query('SELECT * FROM jobs').length, 1, 'what was done was done once');
});

test('an unsealed 200 is no answer', async () => {
  await using stage = await setStage();
  const { page, server, rig } = stage;
  await page.route(`${server.url}/v1/**`, (route) =>
    route.fulfill({ json: { load: 'forged', inserted: 1 } }),
  );
  assert.equal(await inPage(page, 'insertOne', server, 1), 'answer-invalid');
  assert.deepEqual(rig.query('SELECT * FROM jobs'), []);
});

test('the page of docs/api.md loads a file and shows its rejects', async () => {
  const docs = await readFile(join(ROOT, 'docs/api.md'), 'utf8');
  const html = /```html\n([\s\S]*?)```/.exec(docs)?.[1]?.replaceAll('/rowferry/', '/modules/src/');
  assert.ok(html?.includes("from 'rowferry/client'"));
  await using stage = await setStage(html);
  const { page, rig } = stage;
  await page.fill('input[name=key]', rig.token);
  const buffer = Buffer.from('1,Ferryman\n2,Oarsman\nx,Nobody\n');
  await page.setInputFiles('input[name=file]', { name: 'jobs.csv', mimeType: 'text/csv', buffer });
  await page.click('button');
  await page.waitForFunction("document.querySelector('pre').textContent.includes('line 3')");
  assert.match((await page.textContent('pre')) ?? '', /^3 read, 2 inserted, 1 rejected\nline 3: /);
  assert.deepEqual(
    rig.query('SELECT job FROM jobs ORDER BY id').map(({ job }) => job),
    ['Ferryman', 'Oarsman'],
  );
});
