import type { BackupInfo, Pruned } from '../backup/backups.ts';
import { type ErrorCode, RowferryError, toErrorRecord } from '../errors.ts';
import type { Actor, AuditEvent } from '../model/audit.ts';
import { parseToken } from '../seal/token.ts';
import type { App, Request, Services } from './services.ts';

/** Refusals that say the key, its seal or its way here was not right. */
const AUTH_CODES: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'insecure-transport',
  'seal-required',
  'seal-invalid',
  'seal-stale',
  'seal-replayed',
  'seal-body-invalid',
]);

const MOST_SUBJECT = 256;

/** Notes every refused key and every denial. Of a path stands its route alone: nothing a stranger could make up. */
export function auditRefusals(app: App, { audit }: Services): void {
  app.addHook('onError', async (request, _reply, error) => {
    if (!(error instanceof RowferryError)) return;
    const { method, routeOptions, denied } = request;
    const detail = { code: error.code, method, route: routeOptions.url ?? null };
    if (AUTH_CODES.has(error.code)) {
      audit.note({ event: 'auth-failed', actor: actorOf(request), subject: null, detail });
    } else if (denied !== null) {
      audit.note({ event: 'denied', actor: actorOf(request), subject: short(denied), detail });
    }
  });
}

/** The error that answers a request for what its key may not see or do; `subject` stands in the audit log. */
export function deny(request: Request, subject: string, error: RowferryError): RowferryError {
  request.denied = subject;
  return error;
}

/** Whose request it is; without an owner the key is only what the request claims. */
export function actorOf({ identity, ip, raw }: Request): Actor {
  if (identity !== null) return { owner: identity.owner, keyId: identity.keyId, address: ip };
  return { owner: null, keyId: claimedKey(raw.headers), address: ip };
}

/** Only of the right form, so that neither a secret nor a stranger's text is taken for a key id. */
function claimedKey(headers: Request['raw']['headers']): string | null {
  const [, token = ''] = /^Bearer +(\w+) *$/i.exec(headers.authorization ?? '') ?? [];
  const [, sealed] = /;keyid="([0-9A-Za-z]{12})"(?:;|$)/.exec(String(headers['signature-input'] ?? '')) ?? [];
  return sealed ?? parseToken(token)?.keyId ?? null;
}

/** A copy: a slice would hold on to the whole text, which may be a body's. */
function short(text: string): string {
  return text.length <= MOST_SUBJECT ? text : Buffer.from(text.slice(0, MOST_SUBJECT)).toString();
}

/** Entries for each backup, before and after: a deletion that a crash cuts short is known of too. */
export async function auditDeletions(
  request: Request,
  { audit, log }: Services,
  prune: (beforehand: (going: readonly BackupInfo[]) => Promise<void>) => Promise<readonly Pruned[]>,
): Promise<readonly Pruned[]> {
  const actor = actorOf(request);
  const entries = (event: AuditEvent, backups: readonly BackupInfo[]) =>
    backups.map(({ id, table, sha256 }) => ({ event, actor, subject: id, detail: { table, sha256 } }));
  const judged = await prune((going) => audit.write(...entries('backup-deletion-started', going)));
  const gone = judged.filter(({ keep }) => !keep).map(({ backup }) => backup);
  await audit
    .write(...entries('backup-deleted', gone))
    .catch((error: unknown) => log.error({ err: error }, 'deletions of backups were not audited'));
  return judged;
}

/** What a restore is told by in the audit log. */
export interface AuditedRestore {
  readonly table: string;
  readonly dryRun: boolean;
  /** The backup may be one of another engine. */
  readonly convert: boolean;
  /** Its id, or the hex SHA-256 of the file that came. */
  readonly source: { readonly backup: string } | { readonly sha256: string };
}

/** The log says what became of a table, not how each of its columns is written. */
const STATEMENTS: ReadonlySet<string> = new Set(['changes', 'createTable', 'compared']);

const withoutStatements = (result: object): object =>
  Object.fromEntries(Object.entries(result).filter(([name]) => !STATEMENTS.has(name)));

/** Two entries, before and after: a restore that a crash cuts short is known of too. */
export async function auditRestore<T extends object>(
  request: Request,
  { audit, log }: Services,
  { table, dryRun, convert, source }: AuditedRestore,
  work: () => Promise<T>,
): Promise<T> {
  const about = { actor: actorOf(request), subject: table };
  const facts = { ...source, dryRun, ...(convert ? { convert } : {}) };
  await audit.write({ event: 'restore-started', ...about, detail: facts });
  const finished = (detail: object) =>
    audit
      .write({ event: 'restore-finished', ...about, detail: { ...facts, ...detail } })
      .catch((error: unknown) => log.error({ err: error, table }, 'the end of a restore was not audited'));
  try {
    const result = await work();
    await finished({ outcome: 'done', ...withoutStatements(result) });
    return result;
  } catch (error) {
    await finished({ outcome: 'failed', code: toErrorRecord(error).code });
    throw error;
  }
}
