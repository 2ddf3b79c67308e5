/** Files sealed by AgeSink and opened by AgeInput, and keys of age. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { AgeInput } from '../../src/age/age-input.ts';
import { AgeSink } from '../../src/age/age-sink.ts';
import { type AgeHeader, makeHeader } from '../../src/age/header.ts';
import { readFully, sinkOf } from '../../src/lib/byte-file.ts';

export interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

export async function makeKeys(): Promise<KeyPair> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

export function makeFolder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'rowferry-age-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Sealed {
  readonly bytes: Buffer;
  readonly header: AgeHeader;
}

/** `pieces`: how many bytes are written at a time. */
export async function sealFile(
  path: string,
  plain: Buffer,
  recipients: readonly string[],
  { held = 0, pieces = 100_000 } = {},
): Promise<Sealed> {
  const header = await makeHeader(recipients);
  const file = await open(path, 'w');
  try {
    const sink = new AgeSink(sinkOf(file), header, held);
    for (let at = 0; at < plain.length; at += pieces) await sink.write(plain.subarray(at, at + pieces), at);
    await sink.finish();
  } finally {
    await file.close();
  }
  return { bytes: readFileSync(path), header };
}

/** Everything that comes before the failure goes to `seen`. */
export async function openFile(
  path: string,
  fileKey: Uint8Array | null,
  seen: (bytes: Buffer) => void = () => undefined,
): Promise<{ readonly plain: Buffer; readonly size: number; readonly sha256: string }> {
  const file = await open(path);
  try {
    const input = await AgeInput.open(file, fileKey);
    const parts: Buffer[] = [];
    for (;;) {
      const buffer = Buffer.alloc(50_000);
      const length = await readFully(input, buffer, buffer.length);
      if (length === 0) break;
      seen(buffer.subarray(0, length));
      parts.push(buffer.subarray(0, length));
    }
    return { plain: Buffer.concat(parts), size: input.size, sha256: input.sha256() };
  } finally {
    await file.close();
  }
}
