import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const SSL_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];
const PARAMETERS = ['ssl', 'sslrootcert', 'sslcert', 'sslkey', 'socket'];

/**
 * `mysql://user:password@host:port/database?ssl=…` (or `mariadb:`) → what the driver takes. `config-invalid` for what
 * it does not understand, so that no wish for TLS goes unheard.
 */
export function targetOf(url: string): ConnectionOptions {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^(?:mysql|mariadb):$/.test(parsed.protocol)) {
    throw invalid('the address of the MySQL database cannot be read');
  }
  const parameters = parsed.searchParams;
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw invalid(`unknown parameter ${JSON.stringify(name)} in the address of the database`, PARAMETERS);
    }
  }
  const database = decode(parsed.pathname.slice(1));
  if (database === '') throw invalid('the address of the MySQL database names no database');
  const host = decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost';
  const socketPath = parameters.get('socket');
  return {
    ...(socketPath === null ? { host, port: Number(parsed.port || 3306) } : { socketPath }),
    user: decode(parsed.username) || 'root',
    password: decode(parsed.password),
    database,
    ...sslOptions(parameters, socketPath === null ? host : 'localhost'),
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
}

/** user@host:port/database: how messages name a database. Never the password. */
export const placeOf = ({ user, host, port, socketPath, database }: ConnectionOptions): string =>
  `${user}@${socketPath ?? `${host}:${port}`}/${database}`;

/**
 * With TLS the server's certificate and name are verified, unless `no-verify` says otherwise or the server is on this
 * machine; `verify-ca` leaves the name out.
 */
function sslOptions(parameters: URLSearchParams, host: string): { ssl?: SslOptions } {
  const mode = parameters.get('ssl') ?? 'disable';
  if (!SSL_MODES.includes(mode)) throw invalid(`ssl is ${JSON.stringify(mode)}`, SSL_MODES);
  if (mode === 'disable') return {};
  const authority = parameters.get('sslrootcert');
  const near = isLoopback(host);
  const verifyIdentity = mode === 'verify-full' || (mode === 'require' && !near);
  if (verifyIdentity && isIP(host) !== 0) throw unverifiable(host);
  const ssl = {
    rejectUnauthorized: verifyIdentity || mode === 'verify-ca' || (mode === 'require' && authority !== null),
    verifyIdentity,
    ...file('ca', authority),
    ...file('cert', parameters.get('sslcert')),
    ...file('key', parameters.get('sslkey')),
  };
  return { ssl };
}

/** The driver compares the certificates of addresses with the name localhost. */
function unverifiable(host: string): RowferryError {
  return new RowferryError(
    'config-invalid',
    `the certificate of an address such as ${host} cannot be verified`,
    {
      hint: 'write the name of the host, or ssl=verify-ca to verify all but the name',
    },
  );
}

function file(name: 'ca' | 'cert' | 'key', path: string | null): SslOptions {
  if (path === null) return {};
  try {
    return { [name]: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new RowferryError('config-invalid', `${path} cannot be read`, {
      hint: 'check sslrootcert, sslcert and sslkey in the address of the database',
      cause: error,
    });
  }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

function invalid(found: string, expected?: readonly string[]): RowferryError {
  return new RowferryError('config-invalid', found, {
    hint:
      expected === undefined
        ? 'write it as mysql://USER:PASSWORD@HOST:3306/DATABASE'
        : `expected one of ${expected.join(', ')}`,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the address of the MySQL database has a % that begins no character');
  }
}
