import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { openDatabase } from '../../src/database/open.ts';
import { type Audit, openAudit } from '../../src/ledger/audit.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { createLog } from '../../src/log.ts';
import type { Actor, AuditDraft } from '../../src/model/audit.ts';

export const KEY_ENCRYPTION_KEY = Buffer.alloc(32, 7);
export const ANN: Actor = { owner: 'ann', keyId: 'AAAAAAAAAAAA', address: '192.0.2.1' };

/** An audit log on this database, which gets its ledger first. */
export async function openAuditOf(
  url: string,
  options: { log?: ReturnType<typeof createLog>; windowMs?: number; keyEncryptionKey?: Buffer } = {},
): Promise<Audit> {
  const first = await openDatabase(url);
  await migrate(first);
  await first.close();
  const connection = await openDatabase(url, { lockTimeoutMs: 20 });
  const defaults = { log: createLog({ level: 'silent' }), keyEncryptionKey: KEY_ENCRYPTION_KEY };
  return openAudit({ connection, ...defaults, ...options });
}

export interface AuditRig {
  readonly url: string;
  readonly audit: Audit;
  /** SQL past the program, as whoever has the file can run it. */
  sql(text: string): void;
}

export async function auditRig(context: TestContext, windowMs = 3_600_000): Promise<AuditRig> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-audit-'));
  const path = join(folder, 'ledger.sqlite');
  const audit = await openAuditOf(`sqlite:${path}`, { windowMs });
  context.after(async () => {
    await audit.close();
    rmSync(folder, { recursive: true });
  });
  const sql = (text: string): void => {
    const db = new DatabaseSync(path, { timeout: 10_000 });
    try {
      db.exec(text);
    } finally {
      db.close();
    }
  };
  return { url: `sqlite:${path}`, audit, sql };
}

export function restored(table: string): AuditDraft {
  return { event: 'restore-finished', actor: ANN, subject: table, detail: { outcome: 'done', rows: 3 } };
}

export async function writeMany(audit: Audit, names: readonly string[]): Promise<void> {
  for (const name of names) await audit.write(restored(name));
}

export const WITHOUT_TRIGGERS = `DROP TRIGGER rowferry_audit_no_update; DROP TRIGGER rowferry_audit_no_delete;
  DROP TRIGGER rowferry_audit_at_the_end;`;
