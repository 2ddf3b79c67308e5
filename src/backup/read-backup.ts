import { ByteSource } from '../avro/byte-source.ts';
import { type ContainerHeader, readBlocks, readHeader } from '../avro/container-reader.ts';
import { RowDecoder } from '../avro/decoder.ts';
import type { RowTarget } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import { releaseOwn } from '../lib/release.ts';
import { ContentDigest } from './content-digest.ts';
import { type ContentInput, openContent } from './content-file.ts';
import { factsOf } from './file-header.ts';
import type { Phase, Progress } from './job-progress.ts';
import type { BackupFacts, Signer } from './manifest.ts';

/** Reads a backup file: whole, to prove it, or row by row, to restore it. */

/** Where it is told how far the reading is, and of what. */
export interface Told {
  readonly progress: Progress;
  readonly phase: Phase;
  readonly table: string;
}

export interface ProvenBackup {
  readonly facts: BackupFacts;
  /** Of the file, hex. */
  readonly sha256: string;
  /** Of the Avro file inside. */
  readonly plaintextSha256: string;
  readonly bytes: number;
}

/**
 * Reads every byte and decodes every row. Rejects with `backup-truncated`, `backup-checksum`, `backup-signature`,
 * `backup-rowcount` or `backup-invalid` unless all of it is as it was written by this installation; with
 * `backup-no-key` where it is encrypted and its key was not given.
 */
export async function readBackup(
  path: string,
  signer: Signer,
  fileKey: Uint8Array | null = null,
  told?: Told,
): Promise<ProvenBackup> {
  await using content = await openContent(path, fileKey);
  return await prove(content, signer, told);
}

/**
 * The same, but no row is decoded: that every byte is the one that was decoded when the backup was made, the SHA-256
 * in the signed header proves. Does not reject with `backup-rowcount`.
 */
export async function readBackupBytes(
  path: string,
  signer: Signer,
  fileKey: Uint8Array | null = null,
  told?: Told,
): Promise<ProvenBackup> {
  await using content = await openContent(path, fileKey);
  const { source, facts } = await begin(content, signer);
  await source.drain(() => told?.progress.check());
  return end(content, source, facts);
}

interface Begun {
  readonly source: ByteSource;
  readonly header: ContainerHeader;
  readonly facts: BackupFacts;
}

async function begin(content: ContentInput, signer: Signer): Promise<Begun> {
  const source = new ByteSource(content.input);
  const header = await readHeader(source);
  const facts = factsOf(header, signer);
  checkLength(content, header, facts);
  return { source, header, facts };
}

function end(content: ContentInput, source: ByteSource, facts: BackupFacts): ProvenBackup {
  const { sha256, partSha256 } = source.digests();
  if (partSha256 !== facts.bodySha256) throw changed();
  const { fileBytes: bytes } = content;
  return { facts, sha256: content.sha256() ?? sha256, plaintextSha256: sha256, bytes };
}

function changed(): RowferryError {
  return new RowferryError('backup-checksum', 'the backup was changed: its SHA-256 is not the one it names');
}

async function prove(content: ContentInput, signer: Signer, told?: Told): Promise<ProvenBackup> {
  const { source, header, facts } = await begin(content, signer);
  told?.progress.begin(told.phase, told.table, facts.rows);
  const { rows, blocks, contentDigest } = await countRows(source, header, facts, told?.progress);
  refuseOtherCount(facts, rows, blocks);
  if (contentDigest !== facts.contentDigest) throw changed();
  return end(content, source, facts);
}

function refuseOtherCount(facts: BackupFacts, rows: number, blocks: number): void {
  if (rows === facts.rows && blocks === facts.blocks) return;
  throw new RowferryError(
    'backup-rowcount',
    `the backup names ${facts.rows} rows in ${facts.blocks} blocks and holds ${rows} in ${blocks}`,
  );
}

/** Said before anything is unpacked: a shorter file was cut, a longer one was changed. */
function checkLength({ size }: ContentInput, header: ContainerHeader, facts: BackupFacts): void {
  const expected = header.bytes.length + facts.bodyBytes;
  if (size === expected) return;
  throw new RowferryError(
    size < expected ? 'backup-truncated' : 'backup-checksum',
    `the backup has ${size} bytes and should have ${expected}`,
    { hint: 'use another backup of the table: rowferry backups' },
  );
}

async function countRows(
  source: ByteSource,
  header: ContainerHeader,
  facts: BackupFacts,
  progress?: Progress,
): Promise<{ rows: number; blocks: number; contentDigest: string }> {
  const digest = new ContentDigest();
  const decoder = new RowDecoder(facts.columns);
  let rows = 0;
  let blocks = 0;
  for await (const block of readBlocks(source, header)) {
    decoder.open(block.data);
    digest.addRows({ ...block, ends: decoder.skip(block.rows) });
    if (!decoder.atEnd) throw new RowferryError('backup-checksum', 'a block holds more than its rows');
    releaseOwn(block.data);
    rows += block.rows;
    blocks += 1;
    progress?.add(block.rows);
  }
  return { rows, blocks, contentDigest: digest.hex() };
}

/**
 * Pushes the rows of a backup, generated columns left out. Trusts nothing that `readBackup` found: the caller
 * compares count and digest of what it made of them. `backup-rowcount` where they are not as many as the file names.
 */
export async function pushRows(
  path: string,
  facts: BackupFacts,
  target: RowTarget,
  fileKey: Uint8Array | null = null,
  progress?: Progress,
): Promise<void> {
  await using content = await openContent(path, fileKey);
  const source = new ByteSource(content.input);
  const header = await readHeader(source);
  const decoder = new RowDecoder(facts.columns);
  // The target may hold views of them until it is flushed.
  const read: Buffer[] = [];
  const flush = async (): Promise<void> => {
    await target.flush();
    for (const data of read.splice(0)) releaseOwn(data);
  };
  let rows = 0;
  let blocks = 0;
  for await (const block of readBlocks(source, header)) {
    decoder.open(block.data);
    for (let row = 0; row < block.rows; row++) if (decoder.read(target)) await flush();
    read.push(block.data);
    rows += block.rows;
    blocks += 1;
    progress?.add(block.rows);
  }
  await flush();
  refuseOtherCount(facts, rows, blocks);
}
