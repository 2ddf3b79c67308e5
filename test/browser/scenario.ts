/** Runs in the page: what a program in a browser does with the client. Arguments and results are JSON. */
import { Rowferry } from '../../src/client/browser.ts';

export interface Server {
  readonly url: string;
  readonly key: string;
}

function open({ url, key }: Server): Rowferry {
  return new Rowferry({ url, key, backoff: { baseMs: 1, capMs: 5 } });
}

/** The code of the error it throws. */
async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : String(error)),
  );
}

async function sha256(blob: Blob): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export async function batches(server: Server, names: readonly string[]) {
  const jobs = open(server).table('jobs');
  const rows = names.map((job, id) => ({ id, job }));
  return {
    inserted: (await jobs.insert(rows)).inserted,
    updated: (await jobs.upsert(rows)).updated,
    skipped: (await jobs.skip(rows)).skipped,
    again: await codeOf(jobs.insert(rows)),
    columns: (await jobs.describe()).columns.map(({ name }) => name),
  };
}

export async function load(server: Server, text: string) {
  const client = open(server);
  const offsets: number[] = [];
  const file = new File([text], 'jobs.csv', { type: 'text/csv' });
  const result = await client.load(file, {
    table: 'jobs',
    mode: 'upsert',
    maxRejects: '100%',
    onProgress: ({ phase, bytes }) => {
      if (phase === 'sending') offsets.push(bytes);
    },
  });
  const rejects: string[] = [];
  for await (const { raw } of client.rejects(result.load)) rejects.push(raw);
  const kept = await client.receipt(result.load);
  const again = await client.load(file, { table: 'jobs' });
  return { result, offsets, rejects, name: kept.name, again: again.state, size: file.size };
}

export async function backups(server: Server) {
  const client = open(server);
  const [made] = await client.backup(['jobs']);
  if (made === undefined) throw new Error('no backup was made');
  const file = await client.download(made.id);
  const dryRun = await client.restore({ table: 'jobs', from: { file }, dryRun: true });
  const byFile = await client.restore({ table: 'jobs', from: { file } });
  const byId = await client.restore({ table: 'jobs', from: { backup: made.id } });
  const { state } = await client.verify(made.id);
  const listed = (await client.backups({ table: 'jobs' })).some(({ id }) => id === made.id);
  const missing = await codeOf(client.download('nowhere'));
  return { made, sha256: await sha256(file), size: file.size, dryRun, byFile, byId, state, listed, missing };
}

/** What a page can do with an encrypted backup: all but open it, unless it is given the key of the file. */
export async function encrypted(server: Server, backup: string, fileKey: readonly number[]) {
  const client = open(server);
  const listed = (await client.backups()).find(({ id }) => id === backup);
  const file = await client.download(backup);
  const { state } = await client.verify(backup);
  const keyless: unknown[] = [];
  for (const from of [{ backup }, { file }]) {
    keyless.push(await client.restore({ table: 'jobs', from }).then(() => 'restored', said));
  }
  const key = Uint8Array.from(fileKey);
  const byId = await client.restore({ table: 'jobs', from: { backup }, fileKey: key });
  const byFile = await client.restore({ table: 'jobs', from: { file }, fileKey: key });
  const recipients = listed?.encryption?.recipients ?? [];
  return { recipients, sha256: await sha256(file), state, keyless, rows: [byId.rows, byFile.rows] };
}

function said(error: unknown): unknown {
  const isCoded = error instanceof Error && 'code' in error && 'hint' in error;
  return isCoded ? `${error.code}: ${error.message} ${error.hint}` : String(error);
}

export async function keys(server: Server) {
  const { keys } = open(server);
  const created = await keys.create({ owner: 'browser', scopes: ['tables:jobs:read'] });
  const token = created.token ?? '';
  const tables = await open({ ...server, key: token }).tables();
  const denied = await codeOf(open({ ...server, key: token }).keys.list());
  const revoked = await keys.revoke(created.key.id);
  const refused = await codeOf(open({ ...server, key: token }).tables());
  return { tables: tables.map(({ name }) => name), denied, revoked: revoked.revokedAt !== null, refused };
}

export async function insertOne(server: Server, id: number) {
  return codeOf(
    open(server)
      .table('jobs')
      .insert([{ id, job: 'one' }]),
  );
}

export async function download(server: Server, backup: string) {
  return codeOf(open(server).download(backup));
}

/** What the constructor says to what is no key, and no URL. */
export async function misuse(server: Server) {
  const make = async (wrong: Partial<Server>) => open({ ...server, ...wrong });
  return { key: await codeOf(make({ key: 'rfk_x' })), url: await codeOf(make({ url: 'nowhere' })) };
}
