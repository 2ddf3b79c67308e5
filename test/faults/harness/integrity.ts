import { spawnSync } from 'node:child_process';
import { programOf } from '../../../scripts/servers/private-server.ts';
import type { Database } from './databases.ts';

/** (g) The database's own checks of its files, its indexes and its foreign keys; what they find. */
export async function damaged(database: Database): Promise<string[]> {
  const found = database.engine === 'postgres' ? await amcheck(database) : await byStatements(database);
  return [...found, ...(await orphans(database))].map((line) => `(g) ${line}`);
}

/** Heaps, and B-trees against their heaps. */
async function amcheck({ run, url }: Database): Promise<string[]> {
  await run('CREATE EXTENSION IF NOT EXISTS amcheck');
  const { hostname, port, username, password, pathname } = new URL(url);
  const place = ['--host', hostname, '--port', port, '--username', username, '--database', pathname.slice(1)];
  const { status, stdout, stderr } = spawnSync(
    programOf('pg_amcheck'),
    ['--heapallindexed', '--parent-check', ...place],
    {
      env: { ...process.env, PGPASSWORD: password },
      encoding: 'utf8',
    },
  );
  return status === 0 ? [] : [`pg_amcheck: ${stdout}${stderr}`];
}

function byStatements({ engine, snapshot }: Database): Promise<string[]> {
  return snapshot(async (query) => {
    if (engine === 'sqlite') {
      const lines = (await query('PRAGMA integrity_check')).map((row) => String(row.integrity_check));
      return lines.filter((line) => line !== 'ok').map((line) => `integrity_check: ${line}`);
    }
    const found: string[] = [];
    for (const { name } of await query(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = database()',
    )) {
      for (const { Msg_text: text } of await query(`CHECK TABLE \`${name}\` EXTENDED`)) {
        if (text !== 'OK') found.push(`CHECK TABLE ${name}: ${text}`);
      }
    }
    return found;
  });
}

/** The foreign keys again: they are left off while a batch is written set by set. */
function orphans({ snapshot }: Database): Promise<string[]> {
  return snapshot(async (query) => {
    const [row] = await query(
      'SELECT count(*) AS n FROM events e WHERE e.kind NOT IN (SELECT k.id FROM kinds k)',
    );
    return Number(row?.n) === 0 ? [] : [`${row?.n} rows have no parent`];
  });
}
