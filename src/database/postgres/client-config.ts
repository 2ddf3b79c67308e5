import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { RowferryError } from '../../errors.ts';
import { parserOf } from './parsers.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const SSL_MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];
const PARAMETERS = ['host', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options'];

/**
 * `postgres://user:password@host:port/database?sslmode=…` → what the driver takes. A folder as `host` is that of a
 * Unix socket. `config-invalid` for what it does not understand, so that no wish for TLS goes unheard.
 */
export function clientConfig(url: string): ClientConfig {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    throw invalid('the address of the PostgreSQL database cannot be read');
  }
  const parameters = parsed.searchParams;
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw invalid(`unknown parameter ${JSON.stringify(name)} in the address of the database`, PARAMETERS);
    }
  }
  const host = parameters.get('host') ?? (decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost');
  const options = parameters.get('options');
  return {
    host,
    port: Number(parsed.port || 5432),
    user: decode(parsed.username) || 'postgres',
    ...(parsed.password === '' ? {} : { password: decode(parsed.password) }),
    database: decode(parsed.pathname.slice(1)) || 'postgres',
    ssl: sslOptions(parameters, isLoopback(host)),
    ...(options === null ? {} : { options }),
    application_name: 'rowferry',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 30_000,
    types: { getTypeParser: parserOf },
  };
}

/** user@host:port/database: how messages name a database. Never the password. */
export const placeOf = ({ user, host, port, database }: ClientConfig): string =>
  `${user}@${host}:${port}/${database}`;

/**
 * With TLS the server's certificate and name are verified, unless `no-verify` says otherwise or the server is on this
 * machine; `verify-ca` leaves the name out. libpq verifies nothing with `require`: that is no protection.
 */
function sslOptions(parameters: URLSearchParams, loopback: boolean): false | ConnectionOptions {
  const mode = parameters.get('sslmode') ?? 'disable';
  if (!SSL_MODES.includes(mode)) throw invalid(`sslmode is ${JSON.stringify(mode)}`, SSL_MODES);
  if (mode === 'disable') return false;
  const authority = parameters.get('sslrootcert');
  const verified = mode.startsWith('verify') || (mode === 'require' && (!loopback || authority !== null));
  return {
    rejectUnauthorized: verified,
    ...file('ca', authority),
    ...file('cert', parameters.get('sslcert')),
    ...file('key', parameters.get('sslkey')),
    ...(mode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  };
}

function file(name: 'ca' | 'cert' | 'key', path: string | null): ConnectionOptions {
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

const isLoopback = (host: string): boolean =>
  host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host);

function invalid(found: string, expected?: readonly string[]): RowferryError {
  return new RowferryError('config-invalid', found, {
    hint:
      expected === undefined
        ? 'write it as postgres://USER:PASSWORD@HOST:5432/DATABASE'
        : `expected one of ${expected.join(', ')}`,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('the address of the PostgreSQL database has a % that begins no character');
  }
}
