import { readFileSync } from 'node:fs';
import { RowferryError } from '../errors.ts';

/** What the address of a database server asks of TLS. */
export interface TlsWish {
  /** The certificate has to come from an authority that is known, or from `ca`. */
  readonly verified: boolean;
  /** It has to be one of the host's name. */
  readonly named: boolean;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const MODES = ['disable', 'no-verify', 'require', 'verify-ca', 'verify-full'];

/** The parameters that `tlsWish` reads beside the mode. */
export const TLS_PARAMETERS = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * Null: no TLS. With it the server's certificate and name are verified, unless `no-verify` says otherwise or the
 * server is on this machine; `verify-ca` leaves the name out. Clients of the databases verify nothing with `require`:
 * that is no protection. `config-invalid` for a mode that is none, and for files that cannot be read.
 */
export function tlsWish(parameters: URLSearchParams, modeName: string, host: string): TlsWish | null {
  const mode = parameters.get(modeName) ?? 'disable';
  if (!MODES.includes(mode)) {
    throw new RowferryError('config-invalid', `${modeName} is ${JSON.stringify(mode)}`, {
      hint: `expected one of ${MODES.join(', ')}`,
    });
  }
  if (mode === 'disable') return null;
  const authority = parameters.get('sslrootcert');
  const verified =
    mode.startsWith('verify') || (mode === 'require' && (!isLoopback(host) || authority !== null));
  return {
    verified,
    named: verified && mode !== 'verify-ca',
    ...file('ca', authority),
    ...file('cert', parameters.get('sslcert')),
    ...file('key', parameters.get('sslkey')),
  };
}

function file(name: 'ca' | 'cert' | 'key', path: string | null): Partial<TlsWish> {
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

/** A path is that of a Unix socket. */
const isLoopback = (host: string): boolean =>
  host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\./.test(host);
