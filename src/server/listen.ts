import { type AddressInfo, isIPv6 } from 'node:net';
import type { Backups } from '../backup/backups.ts';
import { openBackups } from '../backup/open-backups.ts';
import type { Config } from '../config.ts';
import { engineOf } from '../database/open.ts';
import { RowferryError } from '../errors.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { openIngest } from '../ingest/open-ingest.ts';
import { type KeyRing, openKeyRing } from '../ledger/keys.ts';
import type { Logger } from '../log.ts';
import { loadKeyEncryptionKey } from '../seal/key-file.ts';
import { deriveManifestKey } from '../seal/keys.ts';
import { buildApp } from './app.ts';
import type { Limits } from './limits.ts';
import type { App } from './services.ts';
import { sweepUploads } from './spool.ts';

export interface ServerOptions {
  readonly config: Config;
  readonly log: Logger;
  /** Default config.port; 0 takes any free one. */
  readonly port?: number;
  readonly limits?: Partial<Limits>;
}

export interface RunningServer {
  /** Where it answers, such as http://127.0.0.1:5000. */
  readonly url: string;
  readonly ingest: Ingest;
  readonly backups: Backups;
  readonly keys: KeyRing;
  /** Takes nothing new, finishes what is running (25 s at most), then closes everything it opened. */
  close(): Promise<void>;
}

/** The event loop stands still while SQLite waits for a lock, so this wait is short; the ring tries again. */
const KEYS_LOCK_TIMEOUT_MS = 20;
const DRAIN_MS = 25_000;

/** Opens the database, the backups and the keys, and answers HTTP. Leaves nothing open when it fails. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closers = new AsyncDisposableStack();
  try {
    const { ingest, backups, keys } = await openParts(options, closers);
    const app = await buildApp({ ...options, ingest, backups, keys });
    closers.defer(() => drain(app));
    const url = await listen(app, options.config.host, options.port ?? options.config.port);
    return { url, ingest, backups, keys, close: () => closers.disposeAsync() };
  } catch (error) {
    await closers.disposeAsync();
    throw error;
  }
}

/** The keys come after the ingest, whose opening brings the ledger up to date. */
async function openParts(
  { config, log }: ServerOptions,
  closers: AsyncDisposableStack,
): Promise<Pick<RunningServer, 'ingest' | 'backups' | 'keys'>> {
  await sweepUploads(config.home);
  const keyEncryptionKey = loadKeyEncryptionKey(config);
  const ingest = await openIngest({ config, log });
  closers.defer(() => ingest.close());
  const connection = await engineOf(config.databaseUrl).connect(config.databaseUrl, {
    lockTimeoutMs: KEYS_LOCK_TIMEOUT_MS,
  });
  const keys = openKeyRing({ connection, keyEncryptionKey, log });
  closers.defer(() => keys.close());
  const backups = await openBackups({ config, log, signingKey: deriveManifestKey(keyEncryptionKey) });
  closers.defer(() => backups.close());
  return { ingest, backups, keys };
}

async function listen(app: App, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port);
  }
  const address = app.server.address();
  return urlOf(host, isAddressInfo(address) ? address.port : port);
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/** An address that stands for all of this machine's cannot be called: loopback is shown. */
function urlOf(host: string, port: number): string {
  const callable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(callable) ? `[${callable}]` : callable}:${port}`;
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
async function drain(app: App): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), 100);
  const deadline = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(deadline);
  }
}
