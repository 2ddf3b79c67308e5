import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** The certificate's PEM, which is its own root. */
  readonly pem: string;
}

/** A throw-away certificate of its own for these names (RFC 5280 subjectAltName). */
export function makeCertificate(
  folder: string,
  name = 'server',
  names = 'IP:127.0.0.1',
  days = 1,
): Certificate {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const subject = ['-subj', '/CN=rowferry test', '-addext', `subjectAltName=${names}`, '-days', `${days}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  return { cert, key, pem: readFileSync(cert, 'utf8') };
}
