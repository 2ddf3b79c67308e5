import { resolveDialect } from '../csv/dialect.ts';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import {
  findByContent,
  findLoad,
  insertLoad,
  type LedgerLoad,
  publicLoad,
  updateLoad,
} from '../ledger/loads.ts';
import { deleteRejects } from '../ledger/rejects.ts';
import { ulid } from '../lib/ulid.ts';
import type { Load } from '../model/receipt.ts';
import type { Announcement } from './ingest.ts';
import { checkMaxRejects } from './stop-rules.ts';

/** Announce, finish, abort: what happens to a load between its parts. */

export async function announceLoad(
  connection: Connection,
  announcement: Announcement,
): Promise<{ load: Load; existing: boolean }> {
  const dialect = announcement.dialect === undefined ? null : resolveDialect(announcement.dialect);
  const maxRejects = announcement.maxRejects === undefined ? null : checkMaxRejects(announcement.maxRejects);
  return connection.transaction(
    async () => {
      const { table, name, size, sha256, owner, mode = 'insert', atomic = false } = announcement;
      const id = ulid();
      const load = {
        id,
        table,
        name,
        size,
        sha256,
        owner,
        mode,
        atomic,
        maxRejects,
        request: '',
        parent: null,
      };
      if (await insertLoad(connection, load)) {
        if (dialect !== null) await updateLoad(connection, { id, fence: 1 }, { dialect });
        return { load: publicLoad(await findLoad(connection, id)), existing: false };
      }
      const known = await findByContent(connection, { table, sha256, request: '' });
      if (known === null) throw new RowferryError('internal', 'a load was neither new nor known');
      await reopen(connection, known, { maxRejects, dialect, mode });
      return { load: publicLoad(await findLoad(connection, known.id)), existing: true };
    },
    { write: true },
  );
}

/** A load that was stopped goes on when it is announced again; one that had not begun, with what is said now. */
async function reopen(
  connection: Connection,
  load: LedgerLoad,
  said: { maxRejects: string | null; dialect: LedgerLoad['dialect']; mode: LedgerLoad['mode'] },
): Promise<void> {
  if (load.state === 'completed' || load.state === 'completed_with_rejects') return;
  const fresh = load.offset === 0;
  if (fresh) await deleteRejects(connection, load.id);
  await updateLoad(connection, load, {
    state: 'receiving',
    detail: null,
    ...(said.maxRejects === null ? {} : { maxRejects: said.maxRejects }),
    ...(fresh ? { reasons: [], columns: null, dialect: said.dialect, mode: said.mode } : {}),
  });
}

/** The final receipt; `offset-mismatch` while parts are missing. */
export async function finishLoad(connection: Connection, id: string): Promise<Load> {
  return connection.transaction(
    async () => {
      const load = await findLoad(connection, id);
      if (load.state !== 'receiving') return publicLoad(load);
      if (load.offset !== load.size) {
        throw new RowferryError(
          'offset-mismatch',
          `${load.offset} of ${load.size} bytes of load ${id} have arrived`,
          {
            hint: `send the part at offset=${load.offset} first`,
            extra: { offset: load.offset },
          },
        );
      }
      const state = load.rejected > 0 ? 'completed_with_rejects' : 'completed';
      await updateLoad(connection, load, { state });
      return publicLoad({ ...load, state });
    },
    { write: true },
  );
}

/** Ends a load early; what was committed stays and stands in its receipt. */
export async function abortLoad(
  connection: Connection,
  end: { id: string; detail: string; state: 'aborted' | 'failed' },
): Promise<Load> {
  return connection.transaction(
    async () => {
      const load = await findLoad(connection, end.id);
      if (load.state === 'receiving') {
        await updateLoad(connection, load, { state: end.state, detail: end.detail });
      }
      return publicLoad(await findLoad(connection, end.id));
    },
    { write: true },
  );
}
