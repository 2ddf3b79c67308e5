import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { RejectPage } from '../../src/ingest/ingest.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import type { BatchReceipt, Load, PartReceipt } from '../../src/model/receipt.ts';
import { type Answer, eventually, startTestServer } from './harness.ts';

const { call, fail, rows, server, token } = await startTestServer({
  limits: { heartbeatMs: 50, eventStreams: 3 },
});

/** `count` hires as CSV, from this id on; every `bad`th has no name. */
function csv(count: number, from: number, bad = 0): string {
  return Array.from({ length: count }, (_, index) => {
    const name = bad > 0 && (index + 1) % bad === 0 ? '' : `Person ${from + index}`;
    return `${from + index},${name},2021-07-27T16:02:08Z,1,1\n`;
  }).join('');
}

function announcement(content: string, extra: object = {}): object {
  const bytes = Buffer.from(content);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { table: 'hired_employees', name: 'hires.csv', size: bytes.length, sha256, ...extra };
}

const announce = (content: string, extra?: object): Promise<Answer<Load>> =>
  call<Load>('POST', '/v1/loads', { body: announcement(content, extra) });

const send = (id: string, offset: number, body: string, last = false): Promise<Answer<PartReceipt>> =>
  call<PartReceipt>('PATCH', `/v1/loads/${id}?offset=${offset}${last ? '&last=true' : ''}`, {
    body,
    type: 'text/csv',
  });

/** A whole load in one part. */
async function load(content: string): Promise<Load> {
  const { json } = await announce(content);
  await send(json.id, 0, content, true);
  return (await call<Load>('POST', `/v1/loads/${json.id}/finish`)).json;
}

test('a file in parts: announced, sent, finished; the same content again is the load that exists', async () => {
  const content = csv(100, 1);
  const before = rows('hired_employees');
  const announced = await announce(content);
  assert.equal(announced.status, 201, announced.text);
  const { id } = announced.json;
  assert.equal(announced.headers.get('location'), `/v1/loads/${id}`);
  const cut = 1000;
  const first = await send(id, 0, content.slice(0, cut));
  assert.equal(first.status, 200, first.text);
  assert.ok(first.json.offset > 0 && first.json.offset <= cut, 'the whole records were taken');
  assert.deepEqual((await send(id, 0, content.slice(0, cut))).json.part, first.json.part, 'the part again');
  const second = await send(id, first.json.offset, content.slice(first.json.offset), true);
  assert.equal(second.json.offset, content.length, second.text);
  const finished = await call<Load>('POST', `/v1/loads/${id}/finish`);
  assert.equal(finished.json.state, 'completed', finished.text);
  assert.equal(finished.json.inserted, 100);
  assert.equal(rows('hired_employees') - before, 100);

  const again = await announce(content);
  assert.equal(again.status, 200, 'the load that exists');
  assert.equal(again.json.id, id);
  assert.equal(again.headers.get('location'), null);
});

test('an announcement repeated with its Idempotency-Key has the same answer, Location too', async () => {
  const body = announcement(csv(3, 200));
  const key = randomUUID();
  const first = await call<Load>('POST', '/v1/loads', { body, key });
  const again = await call<Load>('POST', '/v1/loads', { body, key });
  assert.equal(again.status, 201);
  assert.equal(again.text, first.text);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.equal(again.headers.get('location'), first.headers.get('location'));
});

test('an announcement that is refused has the same answer under its key again, and no other key has it', async () => {
  const body = announcement(csv(1, 250), {
    schema: { fields: [{ name: 'no such column', type: 'string' }] },
  });
  const key = randomUUID();
  const first = await fail('POST', '/v1/loads', { body, key });
  assert.deepEqual([first.status, first.json.code], [422, 'schema-invalid'], first.text);
  const again = await fail('POST', '/v1/loads', { body, key });
  assert.deepEqual([again.status, again.text], [422, first.text]);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  const other = await fail('POST', '/v1/loads', { body });
  assert.equal(other.headers.get('idempotency-replayed'), null);
});

test('a part from a wrong offset is told where to go on from', async () => {
  const content = csv(10, 300);
  const { json } = await announce(content);
  await send(json.id, 0, content.slice(0, 200));
  const refused = await fail('PATCH', `/v1/loads/${json.id}?offset=7`, {
    body: content.slice(7),
    type: 'text/csv',
  });
  assert.equal(refused.json.code, 'offset-mismatch', refused.text);
  assert.equal(refused.json.retryable, true);
});

test('an aborted load takes no more parts', async () => {
  const content = csv(10, 400);
  const { json } = await announce(content);
  const aborted = await call<Load>('DELETE', `/v1/loads/${json.id}`);
  assert.equal(aborted.json.state, 'aborted', aborted.text);
  const refused = await fail('PATCH', `/v1/loads/${json.id}?offset=0`, { body: content, type: 'text/csv' });
  assert.equal(refused.status, 409, refused.text);
});

test('loads are listed newest first, by table and state, page by page', async () => {
  const ids = [await load(csv(2, 500)), await load(csv(2, 510)), await load(csv(2, 520))].map(({ id }) => id);
  const list = async (query: string) =>
    (await call<{ loads: Load[] }>('GET', `/v1/loads${query}`)).json.loads.map(({ id }) => id);
  assert.deepEqual((await list('?state=completed')).slice(0, 3), ids.toReversed());
  assert.deepEqual(await list(`?limit=1&before=${ids[2]}`), [ids[1]]);
  assert.deepEqual(await list('?table=jobs'), []);
});

test('rejects: page by page as JSON, all of them as ndjson and as csv', async () => {
  const content = `${csv(40, 600, 4)}=1+1,"a ""quoted"", name\nof two lines",never,1,1\n`;
  const { id, rejected } = await load(content);
  assert.equal(rejected, 11);
  const path = `/v1/loads/${id}/rejects`;
  const pages: number[] = [];
  for (let query = '?limit=4'; ; ) {
    const { json, text } = await call<RejectPage>('GET', path + query);
    pages.push(json.rejects.length);
    if (json.next === null) break;
    assert.ok(pages.length < 10, text);
    query = `?limit=4&after=${json.next}`;
  }
  assert.deepEqual(pages, [4, 4, 3]);
  const ndjson = await call('GET', `${path}?format=ndjson`);
  const lines = ndjson.text
    .trimEnd()
    .split('\n')
    .map((line): { line: number } => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ line }) => line),
    [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 41],
  );
  const sheet = await call('GET', `${path}?format=csv`);
  assert.equal(sheet.headers.get('content-type'), 'text/csv; charset=utf-8; header=present');
  const [header, first] = sheet.text.split('\r\n');
  assert.equal(header, 'index,line,byte_offset,column,code,value,message,raw');
  assert.match(first ?? '', /^3,4,\d+,name,missing,/);
  assert.match(sheet.text, /'=1\+1/, 'no cell is a formula');
});

test('retry: rejects again as they were, and with corrected rows', async () => {
  const content = '700,Early,2021-07-27T16:02:08Z,1,950\n701,Fine,2021-07-27T16:02:08Z,1,1\n';
  const { id, rejected } = await load(content);
  assert.equal(rejected, 1);
  await call('POST', '/v1/tables/jobs/rows', { body: [{ id: 950, job: 'Late' }] });
  const key = randomUUID();
  const retried = await call<BatchReceipt>('POST', `/v1/loads/${id}/rejects/retry`, { key });
  assert.equal(retried.status, 200, retried.text);
  assert.equal(retried.json.inserted, 1);
  assert.equal((await call<Load>('GET', `/v1/loads/${retried.json.load}`)).json.parent, id);
  const again = await call<BatchReceipt>('POST', `/v1/loads/${id}/rejects/retry`, { key });
  assert.equal(again.headers.get('idempotency-replayed'), 'true');

  const bad = await load('710,,2021-07-27T16:02:08Z,1,1\n711,Fine,2021-07-27T16:02:08Z,1,1\n');
  const corrected = await call<BatchReceipt>('POST', `/v1/loads/${bad.id}/rejects/retry`, {
    body: '710,Mended,2021-07-27T16:02:08Z,1,1\n',
    type: 'text/csv',
  });
  assert.equal(corrected.json.inserted, 1, corrected.text);
});

test('events: every change until the load has ended, then the stream ends', async () => {
  const content = csv(20, 800);
  const { json } = await announce(content);
  const events = call('GET', `/v1/loads/${json.id}/events`);
  const { offset } = (await send(json.id, 0, content.slice(0, 500))).json;
  await send(json.id, offset, content.slice(offset), true);
  await call('POST', `/v1/loads/${json.id}/finish`);
  const { text, headers, status } = await events;
  assert.equal(status, 200, text);
  assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const states = [...text.matchAll(/^event: load\ndata: (.*)$/gm)].map(
    ([, data = '']) => JSON.parse(data).state,
  );
  assert.equal(states[0], 'receiving');
  assert.equal(states.at(-1), 'completed');
  const ended = await call('GET', `/v1/loads/${json.id}/events`);
  assert.equal(ended.text.match(/event: load/g)?.length, 1, 'a load that has ended is told once');
});

test('an idle event stream shows signs of life, and ends when its reader goes', async () => {
  const { json } = await announce(csv(5, 900));
  const open = () => fetch(`${server.url}/v1/loads/${json.id}/events`, { headers: { authorization } });
  const authorization = `Bearer ${token('tables:*:read')}`;
  const streams = await Promise.all([open(), open(), open()]);
  const refused = await fail('GET', `/v1/loads/${json.id}/events`);
  assert.equal(refused.json.code, 'overloaded', refused.text);
  assert.equal(refused.headers.get('retry-after'), '5');
  const reader =
    streams[0]?.body?.pipeThrough(new TextDecoderStream()).getReader() ?? assert.fail('no stream');
  let seen = '';
  while (!seen.includes(': still here')) seen += (await reader.read()).value ?? assert.fail('it ended');
  await reader.cancel();
  for (const stream of streams.slice(1)) await stream.body?.cancel();
  await eventually(async () => {
    const again = await open();
    await again.body?.cancel();
    return again.status === 200;
  }, 'the places of the readers that left are free again');
});

test('the whole dialect stands in the load; a descriptor of another standard is taken for it', async () => {
  const csvw = { '@type': 'Dialect', delimiter: ';', headerRowCount: 0, trim: false };
  const announced = await announce(csv(3, 900).replaceAll(',', ';'), { dialect: csvw });
  assert.equal(announced.status, 201, announced.text);
  const expected = { ...DEFAULT_DIALECT, delimiter: ';', header: false };
  assert.deepEqual(announced.json.dialect, expected);
  const { json } = await call<Load>('GET', `/v1/loads/${announced.json.id}`);
  assert.deepEqual(json.dialect, expected);
});

test('a dialect that is none: its members by name and bounds, what stands together by words', async () => {
  const refused: readonly (readonly [dialect: unknown, code: string, detail: RegExp])[] = [
    [{ delimeter: ';' }, 'bad-request', /\/dialect\/delimeter is not known, did you mean delimiter\?$/],
    [{ colour: 'red' }, 'bad-request', /\/dialect\/colour is not known$/],
    [{ delimiter: 'x'.repeat(17) }, 'bad-request', /\/dialect\/delimiter /],
    [{ headerRows: Array.from({ length: 101 }, (_, i) => i + 1) }, 'bad-request', /\/dialect\/headerRows /],
    [{ skipRows: 10_001 }, 'bad-request', /\/dialect\/skipRows /],
    [{ ragged: 'drop' }, 'bad-request', /\/dialect\/ragged must be one of reject, pad, trim, repair$/],
    [';', 'bad-request', /\/dialect /],
    [[], 'bad-request', /\/dialect /],
    [null, 'bad-request', /\/dialect /],
    [{ skipColumns: 1 }, 'dialect-invalid', /^dialect\.skipColumns is 1/],
    [{ encoding: 'klingon' }, 'dialect-invalid', /^dialect\.encoding is "klingon"/],
    [{ delimiter: ';', quoteChar: ';' }, 'dialect-invalid', /^dialect\.quoteChar is ";"/],
  ];
  for (const [dialect, code, detail] of refused) {
    const { json } = await fail('POST', '/v1/loads', { body: announcement(csv(1, 990), { dialect }) });
    assert.equal(json.code, code, json.detail);
    assert.match(json.detail, detail);
  }
});
