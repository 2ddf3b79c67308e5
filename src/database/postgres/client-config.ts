import type { ConnectionOptions } from 'node:tls';
import type { ClientConfig } from 'pg';
import { type AddressForm, parseAddress } from '../address.ts';
import { TLS_PARAMETERS, tlsWish } from '../tls.ts';
import { parserOf } from './parsers.ts';

const CONNECT_TIMEOUT_MS = 10_000;

const FORM: AddressForm = {
  database: 'PostgreSQL',
  schemes: ['postgres', 'postgresql'],
  example: 'postgres://USER:PASSWORD@HOST:5432/DATABASE',
  parameters: ['host', 'sslmode', ...TLS_PARAMETERS, 'options'],
};

/**
 * `postgres://user:password@host:port/database?sslmode=…` → what the driver takes; `config-invalid`. A folder as
 * `host` is that of a Unix socket.
 */
export function clientConfig(url: string): ClientConfig {
  const { port, user, password, database, parameters, ...address } = parseAddress(url, FORM);
  const host = parameters.get('host') ?? (address.host || 'localhost');
  const options = parameters.get('options');
  return {
    host,
    port: Number(port || 5432),
    user: user || 'postgres',
    ...(password === '' ? {} : { password }),
    database: database || 'postgres',
    ssl: sslOptions(parameters, host),
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

function sslOptions(parameters: URLSearchParams, host: string): false | ConnectionOptions {
  const wish = tlsWish(parameters, 'sslmode', host);
  if (wish === null) return false;
  const { verified, named, ...files } = wish;
  const anyName = verified && !named ? { checkServerIdentity: () => undefined } : {};
  return { rejectUnauthorized: verified, ...files, ...anyName };
}
