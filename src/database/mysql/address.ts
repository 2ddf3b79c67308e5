import { isIP } from 'node:net';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';
import { type AddressForm, invalidAddress, parseAddress } from '../address.ts';
import { TLS_PARAMETERS, tlsWish } from '../tls.ts';

const CONNECT_TIMEOUT_MS = 10_000;

const FORM: AddressForm = {
  database: 'MySQL',
  schemes: ['mysql', 'mariadb'],
  example: 'mysql://USER:PASSWORD@HOST:3306/DATABASE',
  parameters: ['ssl', ...TLS_PARAMETERS, 'socket'],
};

/** `mysql://user:password@host:port/database?ssl=…` (or `mariadb:`) → what the driver takes; `config-invalid`. */
export function targetOf(url: string): ConnectionOptions {
  const { host, port, user, password, database, parameters } = parseAddress(url, FORM);
  if (database === '') throw invalidAddress(FORM, 'names no database');
  const place = host || 'localhost';
  const socketPath = parameters.get('socket');
  return {
    ...(socketPath === null ? { host: place, port: Number(port || 3306) } : { socketPath }),
    user: user || 'root',
    password,
    database,
    ...sslOptions(parameters, socketPath ?? place),
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    keepAliveInitialDelay: 30_000,
  };
}

/** user@host:port/database: how messages name a database. Never the password. */
export const placeOf = ({ user, host, port, socketPath, database }: ConnectionOptions): string =>
  `${user}@${socketPath ?? `${host}:${port}`}/${database}`;

function sslOptions(parameters: URLSearchParams, host: string): { ssl?: SslOptions } {
  const wish = tlsWish(parameters, 'ssl', host);
  if (wish === null) return {};
  const { verified, named, ...files } = wish;
  if (named && isIP(host) !== 0) throw unverifiable(host);
  return { ssl: { rejectUnauthorized: verified, verifyIdentity: named, ...files } };
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
