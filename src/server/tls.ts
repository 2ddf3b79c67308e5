import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';

const DAY_MS = 86_400_000;

/** A certificate that ends sooner than this is warned of at every start and by doctor. */
export const RENEW_DAYS = 30;

/** The certificate and key of a TLS server, in PEM. */
export interface TlsFiles extends SecureContextOptions {
  /** The server's certificate, then those that lead to its root. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: 'TLSv1.3';
}

/**
 * The files that config names; null when it names none. Throws `config-invalid` for one without the other, a file that
 * cannot be read or is of another form, a key that does not fit the certificate or that others can read, and a
 * certificate that has expired or is not good yet at `now` (milliseconds since 1970).
 */
export function loadTls(
  { tlsCert, tlsKey }: Pick<Config, 'tlsCert' | 'tlsKey'>,
  now = Date.now(),
): TlsFiles | null {
  if (tlsCert === null && tlsKey === null) return null;
  if (tlsCert === null) throw half('key', 'certificate', '--tls-cert FILE (or ROWFERRY_TLS_CERT)');
  if (tlsKey === null) throw half('certificate', 'key', '--tls-key FILE (or ROWFERRY_TLS_KEY)');
  const cert = readWhole(tlsCert, () => {});
  const key = readWhole(tlsKey, (found) => refuseOpenKey(tlsKey, found));
  const certificate = certificateOf(cert, tlsCert);
  if (!certificate.checkPrivateKey(privateKeyOf(key, tlsKey))) {
    throw new RowferryError(
      'config-invalid',
      `the key ${tlsKey} does not belong to the certificate ${tlsCert}`,
      {
        hint: 'name the two files that were made together; the server’s certificate stands first in its file',
      },
    );
  }
  refuseOutOfTime(certificate, tlsCert, now);
  return { cert, key, minVersion: 'TLSv1.3' };
}

/** When the server's certificate ends, and how many whole days that is from `now` (milliseconds since 1970). */
export function certificateEnd(
  { cert }: Pick<TlsFiles, 'cert'>,
  now = Date.now(),
): { at: Date; days: number } {
  const at = new X509Certificate(cert).validToDate;
  return { at, days: Math.floor((at.getTime() - now) / DAY_MS) };
}

/** No client that checks it would connect, and a start that succeeds would hide why. */
function refuseOutOfTime({ validFromDate, validToDate }: X509Certificate, path: string, now: number): void {
  if (now >= validToDate.getTime()) {
    throw new RowferryError(
      'config-invalid',
      `the certificate ${path} expired at ${validToDate.toISOString()}`,
      {
        hint: 'renew it and start again; if its time is not over, set the clock of this machine',
      },
    );
  }
  if (now >= validFromDate.getTime()) return;
  throw new RowferryError(
    'config-invalid',
    `the certificate ${path} is not good before ${validFromDate.toISOString()}`,
    { hint: 'set the clock of this machine, or name the certificate that is in use now' },
  );
}

function half(there: string, missing: string, type: string): RowferryError {
  return new RowferryError('config-invalid', `TLS has a ${there} and no ${missing}; expected both`, {
    hint: `add ${type}`,
  });
}

function readWhole(path: string, check: (found: Stats) => void): Buffer {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw unreadable(path, cause);
  }
  try {
    check(fstatSync(file));
    return readFileSync(file);
  } catch (cause) {
    throw cause instanceof RowferryError ? cause : unreadable(path, cause);
  } finally {
    closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): RowferryError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  return new RowferryError('config-invalid', `the TLS file ${path} cannot be read (${reason})`, {
    hint: 'name a file in PEM that the user who runs rowferry can read: --tls-cert, --tls-key',
    cause,
  });
}

/** A key of root may be for a group (Debian's ssl-cert); any other is for its owner alone. Windows keeps no such bits. */
function refuseOpenKey(path: string, { mode, uid }: Stats): void {
  const refused = uid === 0 ? 0o037 : 0o077;
  if (process.platform === 'win32' || (mode & refused) === 0) return;
  const found = (mode & 0o777).toString(8).padStart(4, '0');
  throw new RowferryError('config-invalid', `the TLS key ${path} has mode ${found}; expected 0600`, {
    hint: `chmod 600 ${path}`,
  });
}

function certificateOf(pem: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new RowferryError('config-invalid', `${path} holds no certificate in PEM`, {
      hint: 'it begins with -----BEGIN CERTIFICATE-----',
      cause,
    });
  }
}

function privateKeyOf(pem: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new RowferryError(
      'config-invalid',
      `${path} holds no private key in PEM that opens without a passphrase`,
      {
        hint: `take the passphrase away with: openssl pkey -in ${path} -out FILE`,
        cause,
      },
    );
  }
}
