import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { loadConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/database/open.ts';
import { takeTurn } from '../../src/ledger/queries.ts';
import { createLog } from '../../src/log.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { type RunningServer, startServer } from '../../src/server/listen.ts';
import { summary } from '../ingest/fixture.ts';
import { eventually } from '../server/harness.ts';
import { numbers } from './loads.ts';
import { assertBalanced, type Rig } from './rig.ts';

/** The main path as a user has it: two servers on one database, sealed HTTP, API keys in the database. */
export function runSealed(rig: Rig): void {
  describe('over sealed HTTP', () => {
    const home = mkdtempSync(join(tmpdir(), 'rowferry-sealed-'));
    const keyEncryptionKey = Buffer.alloc(32, 7).toString('base64');
    const servers: RunningServer[] = [];
    const lines: string[] = [];
    let client: Rowferry;

    before(async () => {
      for (const name of ['one', 'two']) {
        const settings = { home: join(home, name), databaseUrl: rig.target.url, keyEncryptionKey };
        const config = loadConfig(settings, {});
        const log = createLog({ destination: { write: (line) => void lines.push(line) } });
        servers.push(await startServer({ config, log, port: 0 }));
      }
      const { token } = await serverAt(0).keys.create({
        owner: 'test',
        scopes: ['tables:*:*', 'keys:admin'],
      });
      client = new Rowferry({ url: serverAt(0).url, key: token });
    });

    after(async () => {
      client.close();
      for (const server of servers) await server.close();
      rmSync(home, { recursive: true });
    });

    function serverAt(i: number): RunningServer {
      const server = servers[i];
      assert.ok(server !== undefined);
      return server;
    }

    test('a file goes through, with its rejects', async () => {
      await rig.empty();
      const file = join(home, 'plain.csv');
      const content = numbers(1, 5000).map((id) => (id === 4321 ? 'x,sealed\n' : `${id},sealed\n`));
      writeFileSync(file, content.join(''));
      const result = await client.load(file, { table: 'plain' });
      assert.deepEqual(
        [result.state, summary(result)],
        ['completed_with_rejects', '5000 = 4999 + 0 + 0 + 1'],
      );
      assert.deepEqual(result.reasons, [{ code: 'type.integer', column: 'id', count: 1, firstLine: 4321 }]);
      assert.deepEqual(await rig.rows('SELECT count(*) FROM plain'), [[4999]]);
      assert.equal((await client.load(file, { table: 'plain' })).state, 'duplicate');
      await assertBalanced(rig);
    });

    test('rows go through; the tables are listed by name, the ledger is none of them', async () => {
      await rig.empty();
      const receipt = await client.table('people').insert([
        { id: 1, email: 'ann@x', name: 'Ann' },
        { id: 2, email: 'ann@x', name: 'Anna' },
      ]);
      assert.equal(summary(receipt), '2 = 1 + 0 + 0 + 1');
      assert.equal(receipt.rejects[0]?.errors[0]?.code, 'unique.file');
      const tables = await client.tables();
      assert.deepEqual(
        tables.map(({ name }) => name),
        tables.map(({ name }) => name).toSorted(),
      );
      assert.ok(tables.every(({ name }) => !name.startsWith('rowferry')));
    });

    test('a key is good on every server, and revoked on every server within a second or so', async () => {
      const owner = `owner-${randomUUID().slice(0, 8)}`;
      const made = await client.keys.create({ owner, scopes: ['tables:plain:read'] });
      const other = new Rowferry({ url: serverAt(1).url, key: made.token });
      after(() => other.close());
      assert.equal((await other.tables()).length, 1);
      await client.keys.revoke(made.key.id);
      await eventually(
        () =>
          other.tables().then(
            () => false,
            (error: { code?: string }) => error.code === 'seal-invalid',
          ),
        'the revoked key is refused',
      );
    });

    test('an owner has two live keys at most, however many servers are asked at once', async () => {
      const owner = `many-${randomUUID().slice(0, 8)}`;
      const made = await Promise.allSettled(
        numbers(0, 5).map((i) => serverAt(i % 2).keys.create({ owner, scopes: ['tables:plain:read'] })),
      );
      const refused = made.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []));
      assert.deepEqual(refused, ['key-limit', 'key-limit', 'key-limit', 'key-limit']);
    });

    test('a key that has to wait for another server to be made holds up no question about keys', async () => {
      const connection = await openDatabase(rig.target.url);
      let creating: Promise<unknown> = Promise.resolve();
      await connection.transaction(
        async () => {
          await takeTurn(connection, 'keys');
          const owner = `waits-${randomUUID().slice(0, 8)}`;
          creating = serverAt(0).keys.create({ owner, scopes: ['tables:plain:read'] });
          for (const deadline = performance.now() + 400; performance.now() < deadline; ) {
            assert.equal(await serverAt(0).keys.keysOf(makeToken().keyId), null);
          }
        },
        { write: true },
      );
      await connection.close();
      await creating;
    });

    test('the audit log of several servers is one chain', async () => {
      const audit = await client.verifyAudit();
      assert.equal(audit.ok, true);
      assert.ok(audit.entries >= 5, `${audit.entries} entries`);
    });

    test('backups are made, and verified', async () => {
      const [backup] = await client.backup(['plain']);
      assert.equal(backup?.state, 'verified');
    });

    test('no log line has the password of the database', () => {
      const { password } = new URL(rig.target.url);
      assert.ok(lines.length > 0);
      assert.deepEqual(
        lines.filter((line) => password !== '' && line.includes(password)),
        [],
      );
    });
  });
}
