import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { makeToken } from '../../src/seal/keys.ts';
import { type Rig, startRig } from '../client/rig.ts';
import { makeHome, rowferry } from './command.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const execute = promisify(execFile);

let rig: Rig;
let environment: Record<string, string>;
before(async () => {
  rig = await startRig();
  environment = { ROWFERRY_KEY: rig.token };
});
after(() => rig[Symbol.asyncDispose]());

interface Received {
  readonly answer: string;
  readonly status: number;
}

/** What curl -i makes of the header lines: the request is sent by it, since it is what people have. */
async function curl(home: string, url: string, more: readonly string[] = []): Promise<Received> {
  const answer = `${home}/answer`;
  await execute('curl', ['-si', '-o', answer, '-H', `@${home}/head`, ...more, url]);
  const status = Number(/^HTTP\/1\.1 (\d+)/m.exec(await readFile(answer, 'latin1'))?.[1]);
  return { answer, status };
}

test('a question: sealed, sent by curl, and its answer opened', async () => {
  await using home = await makeHome();
  const url = `${rig.server.url}/v1/tables?counts=true`;
  const sealed = await rowferry(home.path, ['seal', 'GET', url, '--out', 'q'], environment);
  assert.equal(sealed.code, 0, sealed.stderr);
  assert.match(
    sealed.stdout,
    /^signature-input: seal=\("@method" "@path" "@query"\);.*\nsignature: seal=:.*:\n$/,
  );
  await writeFile(`${home.path}/head`, sealed.stdout);
  const { answer } = await curl(home.path, url);
  const opened = await rowferry(home.path, ['unseal', 'q.exchange', answer], environment);
  assert.equal(opened.code, 0, opened.stderr);
  assert.equal(JSON.parse(opened.stdout).tables.length, 3);
  const json = await rowferry(home.path, ['unseal', 'q.exchange', answer, '--json'], environment);
  const [line] = json.json;
  assert.deepEqual(Object.keys(line ?? {}), await documented('unseal'));
  assert.deepEqual([line?.status, line?.file, line?.content], [200, null, opened.stdout]);
});

/** The members of a command's example in docs/cli-json.md. */
async function documented(heading: string): Promise<string[]> {
  const page = await readFile(new URL('../../docs/cli-json.md', import.meta.url), 'utf8');
  const [, example = ''] = new RegExp(`^## ${heading}\n.*?\`\`\`json\n(.*?)\n`, 'ms').exec(page) ?? [];
  return Object.keys(JSON.parse(example));
}

test('seal --json answers as documented, without a key', async () => {
  await using home = await makeHome();
  await writeFile(`${home.path}/rows.json`, '[]');
  const url = `${rig.server.url}/v1/tables/jobs/rows`;
  const args = ['seal', 'POST', url, '--body', 'rows.json', '--out', 'q', '--json'];
  const { json, stdout } = await rowferry(home.path, args, environment);
  assert.deepEqual(Object.keys(json[0] ?? {}), await documented('seal'));
  assert.deepEqual([json[0]?.url, json[0]?.body], [url, `${home.path}/q`]);
  assert.doesNotMatch(stdout, /rfk_/);
});

test('rows: the body is sealed, the state is for its owner and holds no key, a refusal exits with 1', async () => {
  await using home = await makeHome();
  const url = `${rig.server.url}/v1/tables/jobs/rows`;
  await writeFile(`${home.path}/jobs.csv`, '1,Chief Numismatist\n2,Campanologist\n');
  const args = [
    'seal',
    'POST',
    url,
    '--body',
    'jobs.csv',
    '--out',
    'q',
    '--idempotency-key',
    'numismatists-0001',
  ];
  const sealed = await rowferry(home.path, args, environment);
  assert.equal(sealed.code, 0, sealed.stderr);
  assert.match(sealed.stdout, /^idempotency-key: "numismatists-0001"$/m);
  assert.equal((await stat(`${home.path}/q.exchange`)).mode & 0o777, 0o600);
  const kept =
    (await readFile(`${home.path}/q.exchange`, 'utf8')) + (await readFile(`${home.path}/q`, 'latin1'));
  assert.doesNotMatch(kept, /Numismatist|rfk_/);
  await writeFile(`${home.path}/head`, sealed.stdout);
  const { answer } = await curl(home.path, url, ['--data-binary', `@${home.path}/q`]);
  const opened = await rowferry(
    home.path,
    ['unseal', 'q.exchange', answer, '--out', 'receipt.json'],
    environment,
  );
  assert.equal(opened.code, 0, opened.stderr);
  assert.equal(JSON.parse(await readFile(`${home.path}/receipt.json`, 'utf8')).inserted, 2);
  const again = await curl(home.path, url, ['--data-binary', `@${home.path}/q`]);
  assert.equal(again.status, 401);
  const refused = await rowferry(home.path, ['unseal', 'q.exchange', again.answer], environment);
  assert.deepEqual([refused.code, JSON.parse(refused.stdout).code], [1, 'seal-replayed']);
  assert.match(refused.stderr, /the server answered 401/);
});

test('the pipeline of the help works as it stands there', async () => {
  await using home = await makeHome();
  await writeFile(`${home.path}/jobs.csv`, '11,Rower\n');
  const self = `${process.execPath} ${MAIN}`;
  const url = `${rig.server.url}/v1/tables/jobs/rows`;
  const pipeline = `${self} seal POST $URL --body jobs.csv --out q | curl -si -H @- --data-binary @q $URL | ${self} unseal q.exchange`;
  const env = { PATH: process.env.PATH, URL: url, ...environment };
  const { stdout } = await execute('bash', ['-c', pipeline], { cwd: home.path, env });
  assert.equal(JSON.parse(stdout).inserted, 1);
});

test('an answer that was changed gives nothing, and leaves no file behind', async () => {
  await using home = await makeHome();
  const url = `${rig.server.url}/v1/tables`;
  const sealed = await rowferry(home.path, ['seal', 'GET', url, '--out', 'q'], environment);
  await writeFile(`${home.path}/head`, sealed.stdout);
  const { answer } = await curl(home.path, url);
  const good = await readFile(answer, 'latin1');
  const unsealed = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{}';
  const cases = [
    good.replace('200 OK', '201 Created'),
    good.replace('application/json', 'text/html'),
    good.slice(0, -1),
    unsealed,
    unsealed.replace('200 OK', '401 Unauthorized'),
    '{}',
    '',
  ];
  for (const text of cases) {
    await writeFile(answer, text, 'latin1');
    const args = ['unseal', 'q.exchange', answer, '--out', 'content'];
    const opened = await rowferry(home.path, args, environment);
    assert.deepEqual([opened.code, opened.stdout], [1, '']);
    await assert.rejects(stat(`${home.path}/content`), { code: 'ENOENT' });
  }
  await writeFile(answer, `HTTP/1.1 100 Continue\r\n\r\n${good}`, 'latin1');
  assert.equal((await rowferry(home.path, ['unseal', 'q.exchange', answer], environment)).code, 0);
});

test('wrong use says what to type', async () => {
  await using home = await makeHome();
  await writeFile(`${home.path}/rows`, 'x');
  const said = async (args: readonly string[], env = environment): Promise<string> => {
    const { code, stdout, stderr } = await rowferry(home.path, args, env);
    assert.deepEqual([code, stdout], [2, '']);
    return stderr;
  };
  const url = 'http://127.0.0.1:5000/v1/tables';
  assert.match(await said(['seal', 'GET', url, '--out', 'q'], {}), /ROWFERRY_KEY is not set/);
  assert.match(await said(['seal', 'GET', url, '--out', 'q'], { ROWFERRY_KEY: 'rfk_x' }), /is no API key/);
  assert.match(await said(['seal', 'get', url, '--out', 'q']), /expected GET, POST/);
  assert.match(await said(['seal', 'GET', '/v1/tables', '--out', 'q']), /expected something like http/);
  assert.match(await said(['seal', 'GET', `${url}/a b`, '--out', 'q']), /type it so .*\/v1\/tables\/a%20b/);
  assert.match(await said(['seal', 'GET', `${url}#x`, '--out', 'q']), /type it so .*\/v1\/tables\n/);
  assert.match(await said(['seal', 'GET', `${url}/%2e%2e/jobs`, '--out', 'q']), /type it so .*\/v1\/jobs\n/);
  assert.match(await said(['seal', 'POST', url, '--body', 'rows', '--out', 'q']), /--type text\/csv/);
  assert.match(await said(['seal', 'GET', url]), /--out/);
  await rowferry(home.path, ['seal', 'GET', url, '--out', 'q'], environment);
  await writeFile(`${home.path}/answer`, 'HTTP/1.1 200 OK\r\ncontent-encoding: aes128gcm\r\n\r\n');
  const other = { ROWFERRY_KEY: makeToken().token };
  assert.match(await said(['unseal', 'q.exchange', 'answer'], other), /sealed with the key/);
  assert.match(await said(['unseal', 'answer', 'answer']), /not written by rowferry seal/);
});
