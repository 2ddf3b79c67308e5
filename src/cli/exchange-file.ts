import { readFile } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import type { Exchange } from '../seal/exchange.ts';
import { deriveKeys } from '../seal/keys.ts';
import { parseToken, type Token } from '../seal/token.ts';

/** What `rowferry seal` leaves for `rowferry unseal`. It opens nothing without the API key: no key stands in it. */
const VERSION = 1;

/** Beside the sealed request. */
export function exchangePath(out: string): string {
  return `${out}.exchange`;
}

/** For its owner only: it tells which request was made with which key. */
export async function writeExchange(path: string, { keyId, baseHash }: Exchange): Promise<void> {
  const base = Buffer.from(baseHash).toString('base64');
  const text = JSON.stringify({ rowferryExchange: VERSION, keyId, sha256OfBase: base });
  await writeAtomic(path, (file) => file.writeFile(`${text}\n`), { mode: 0o600 });
}

/** Throws `file-unreadable`, and `usage` when the request was sealed with another key. */
export async function readExchange(path: string, token: Token): Promise<Exchange> {
  const { keyId, baseHash } = parse(await textOf(path), path);
  if (keyId !== token.keyId) {
    throw new RowferryError(
      'usage',
      `the request was sealed with the key ${keyId}; ROWFERRY_KEY is ${token.keyId}`,
      {
        hint: `set ROWFERRY_KEY to the key rfk_${keyId}_…`,
      },
    );
  }
  return { keyId, sealKey: deriveKeys(token).seal, baseHash };
}

/** The key of ROWFERRY_KEY. Throws `usage`. */
export function tokenOfConfig({ key }: { readonly key: string | null }): Token {
  const token = key === null ? null : parseToken(key);
  if (token !== null) return token;
  const found = key === null ? 'is not set' : 'is no API key, or is mistyped: its checksum is not right';
  throw new RowferryError('usage', `ROWFERRY_KEY ${found}`, {
    hint: 'make a key with: rowferry keys create; then: export ROWFERRY_KEY=rfk_…',
  });
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RowferryError('file-unreadable', `${path} cannot be read`, {
      hint: 'name the file that rowferry seal wrote beside the sealed request: FILE.exchange',
      cause,
    });
  }
}

function parse(text: string, path: string): { keyId: string; baseHash: Buffer } {
  const [, keyId, base] =
    /^\{"rowferryExchange":1,"keyId":"([0-9A-Za-z]{12})","sha256OfBase":"([0-9A-Za-z+/]{43}=)"\}\n$/.exec(
      text,
    ) ?? [];
  if (keyId !== undefined && base !== undefined) return { keyId, baseHash: Buffer.from(base, 'base64') };
  throw new RowferryError('usage', `${path} was not written by rowferry seal`, {
    hint: 'name the file that rowferry seal wrote beside the sealed request: FILE.exchange',
  });
}
