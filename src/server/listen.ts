import type { Backups } from '../backup/backups.ts';
import { openBackups } from '../backup/open-backups.ts';
import type { Config } from '../config.ts';
import { engineOf, openDatabase } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { openIngest } from '../ingest/open-ingest.ts';
import { type Audit, openAudit } from '../ledger/audit.ts';
import { type KeyRing, openKeyRing } from '../ledger/keys.ts';
import type { Logger } from '../log.ts';
import { loadKeyEncryptionKey } from '../seal/key-file.ts';
import { deriveManifestKey } from '../seal/keys.ts';
import { isAddressInfo, isLocalUrl, urlOf } from './address.ts';
import { buildApp } from './app.ts';
import type { Limits } from './limits.ts';
import { Loopback } from './loopback.ts';
import type { App } from './services.ts';
import { sweepUploads } from './spool.ts';
import { loadTls } from './tls.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Default config.port; 0 takes any free one. */
  readonly port?: number;
  readonly limits?: Partial<Limits>;
  /** Not before rows are taken as fast as they will be: for a server that stays. */
  readonly listensWarm?: boolean;
  /** Milliseconds since 1970, for signatures that are too old and keys that expire; for tests. */
  readonly now?: () => number;
}

export interface RunningServer {
  /** Where it answers, such as http://127.0.0.1:5000; https: where TLS is configured. */
  readonly url: string;
  /** Where a client in this process calls it, whatever it listens on and is certified for: plain HTTP on loopback. */
  localUrl(): Promise<string>;
  readonly ingest: Ingest;
  readonly backups: Backups;
  readonly keys: KeyRing;
  /**
   * Takes nothing new, finishes what is running, then closes everything it opened. After 20 s rows whose writing has not
   * begun are refused, after 25 s connections are cut.
   */
  close(): Promise<void>;
}

/** The event loop stands still while SQLite waits for a lock, so this wait is short; keys and audit try again. */
const LOCK_TIMEOUT_MS = 20;
/** Rows that wait then, behind a slow database, come too late: a lane has several seconds for those it has. */
const GIVE_UP_MS = 20_000;
const DRAIN_MS = 25_000;

/** Opens the database, the backups and the keys, and answers HTTP or HTTPS. Leaves nothing open when it fails. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const tls = loadTls(options.config);
  const closers = new AsyncDisposableStack();
  try {
    const { ingest, backups, keys, audit } = await openParts(options, closers);
    const warm = options.listensWarm === true ? ingest.warmUp() : null;
    const app = await buildApp({ ...options, tls, ingest, backups, keys, audit });
    const loopback = new Loopback(app);
    closers.defer(() => drain(app, loopback, ingest));
    await warm;
    const port = await listen(app, options.config.host, options.port ?? options.config.port);
    const url = urlOf(tls === null ? 'http' : 'https', options.config.host, port);
    const localUrl = async () => (tls === null && isLocalUrl(url) ? url : loopback.url());
    return { url, localUrl, ingest, backups, keys, close: () => closers.disposeAsync() };
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

type Parts = Pick<RunningServer, 'ingest' | 'backups' | 'keys'> & { readonly audit: Audit };

/** The keys come after the ingest, whose opening brings the ledger up to date. */
async function openParts({ config, log, now }: ServerOptions, closers: AsyncDisposableStack): Promise<Parts> {
  await sweepUploads(config.home);
  const keyEncryptionKey = loadKeyEncryptionKey(config);
  const ingest = await openIngest({ config, log });
  closers.defer(() => ingest.close());
  const clock = now === undefined ? {} : { now };
  const { capabilities } = await engineOf(config.databaseUrl);
  // In SQLite a statement that failed does not spoil its transaction, so one connection does for both.
  const hasReader = !capabilities.singleWriter;
  const [forKeys, forAudit, ledger, reader] = await connectAll(config.databaseUrl, hasReader);
  const reading = reader === undefined ? {} : { reader };
  closers.defer(async () => reader?.close());
  const keys = openKeyRing({ connection: forKeys, ...reading, keyEncryptionKey, log, ...clock });
  closers.defer(() => keys.close());
  const audit = openAudit({ connection: forAudit, ...reading, keyEncryptionKey, log });
  closers.defer(() => audit.close());
  const signingKey = deriveManifestKey(keyEncryptionKey);
  const backups = await openBackups({ config, log, signingKey, ledger });
  closers.defer(() => backups.close());
  return { ingest, backups, keys, audit };
}

/** Side by side. When one fails, those that come to be open are closed. */
function connectAll(url: string, hasReader: boolean) {
  const connect = () => openDatabase(url, { lockTimeoutMs: LOCK_TIMEOUT_MS });
  const opening = [connect(), connect(), connect(), hasReader ? connect() : undefined] as const;
  return Promise.all(opening).catch(async (error: unknown) => {
    const settled = await Promise.allSettled(opening);
    for (const each of settled) {
      if (each.status === 'fulfilled') await each.value?.close();
    }
    throw error;
  });
}

/** The port, which is another than the one asked for where that is 0. */
async function listen(app: App, host: string, port: number): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port);
  }
  const address = app.server.address();
  return isAddressInfo(address) ? address.port : port;
}

function listenError(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} on ${host} is used by another program`,
    EACCES: `port ${port} on ${host} may not be opened by this user`,
    EADDRNOTAVAIL: `${host} is no address of this machine`,
    ENOTFOUND: `${host} is no name of this machine`,
  };
  const reason = typeof code === 'string' ? reasons[code] : undefined;
  if (reason === undefined) return error;
  return new RowferryError('config-invalid', reason, {
    hint: 'choose others: --port 5001, --host 127.0.0.1 (or ROWFERRY_PORT, ROWFERRY_HOST)',
    cause: error,
  });
}

/** A connection that falls idle while others still run would be kept for its next request, which never comes. */
async function drain(app: App, loopback: Loopback, ingest: Ingest): Promise<void> {
  const servers = [app.server, loopback.server];
  const idle = setInterval(() => servers.map((server) => server.closeIdleConnections()), 100);
  const late = setTimeout(() => ingest.giveUp(), GIVE_UP_MS);
  const deadline = setTimeout(() => servers.map((server) => server.closeAllConnections()), DRAIN_MS);
  try {
    await Promise.all([app.close(), loopback.close()]);
  } finally {
    clearInterval(idle);
    clearTimeout(late);
    clearTimeout(deadline);
  }
}
