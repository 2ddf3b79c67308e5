import { RowferryError } from '../errors.ts';
import { releaseOwn } from '../lib/release.ts';
import { CODECS, type Codec } from '../model/avro-options.ts';
import type { ByteSource } from './byte-source.ts';
import { PACKINGS } from './codecs.ts';
import { MAGIC, SYNC_BYTES } from './container.ts';
import { MAX_ENTRIES, MAX_HEADER_BYTES, MAX_PACKED_BYTES } from './limits.ts';

/**
 * Reads an Avro object container file within the limits of limits.ts. A file that does not end right after a
 * sync marker is `backup-truncated`; what cannot be a container is `backup-invalid`, a block that cannot be what
 * was written `backup-checksum`.
 */

export interface ContainerHeader {
  /** As it stands in the file, sync marker included. */
  readonly bytes: Buffer;
  readonly metadata: ReadonlyMap<string, Buffer>;
  readonly codec: Codec;
  readonly sync: Buffer;
}

export interface Block {
  readonly rows: number;
  readonly data: Buffer;
}

export async function readHeader(source: ByteSource): Promise<ContainerHeader> {
  if (!(await source.read(MAGIC.length)).equals(MAGIC)) throw invalid('it does not start with "Obj" 1');
  const metadata = await readMetadata(source);
  const sync = Buffer.from(await source.read(SYNC_BYTES));
  const name = metadata.get('avro.codec')?.toString() ?? 'null';
  const codec = CODECS.find((each) => each === name);
  if (codec === undefined) throw invalid(`its codec is not one of ${CODECS.join(', ')}`);
  return { bytes: source.takeRecord(), metadata, codec, sync };
}

/** A map: groups of pairs, each led by a count; a negative count is followed by the group's bytes. */
async function readMetadata(source: ByteSource): Promise<Map<string, Buffer>> {
  const metadata = new Map<string, Buffer>();
  for (let entries = 0; ; ) {
    const count = await source.readLong();
    if (count === 0) return metadata;
    entries += Math.abs(count);
    if (entries > MAX_ENTRIES) throw invalid(`its header has more than ${MAX_ENTRIES} entries`);
    if (count < 0) await source.readLong();
    for (let pair = 0; pair < Math.abs(count); pair++) {
      const name = (await readHeaderBytes(source)).toString();
      metadata.set(name, await readHeaderBytes(source));
    }
  }
}

async function readHeaderBytes(source: ByteSource): Promise<Buffer> {
  const length = await source.readLong();
  if (length < 0 || source.position + length > MAX_HEADER_BYTES) {
    throw invalid(`its header is larger than ${MAX_HEADER_BYTES} bytes`);
  }
  return Buffer.from(await source.read(length));
}

/** The blocks in order; one is unpacked while the one before is used. Ends only at the end of the file. */
export async function* readBlocks(source: ByteSource, header: ContainerHeader): AsyncGenerator<Block> {
  let next = await startBlock(source, header);
  while (next !== null) {
    const current = next;
    next = await startBlock(source, header);
    const data = await current.data;
    // Each row takes at least one byte: a count beyond that would be work without end.
    if (current.rows > data.length) throw damaged(`${current.rows} rows in ${data.length} bytes`);
    yield { rows: current.rows, data };
  }
}

interface StartedBlock {
  readonly rows: number;
  readonly data: Promise<Buffer>;
}

async function startBlock(source: ByteSource, header: ContainerHeader): Promise<StartedBlock | null> {
  if (await source.atEnd()) return null;
  const rows = await source.readLong();
  if (rows < 1) throw damaged(`a block of ${rows} rows`);
  const length = await source.readLong();
  if (length < 1 || length > MAX_PACKED_BYTES) throw damaged(`a block of ${length} bytes`);
  const packed = Buffer.from(await source.read(length));
  if (!(await source.read(SYNC_BYTES)).equals(header.sync)) throw damaged('a block without its sync marker');
  const data = unpack(packed, header.codec);
  data.catch(() => undefined);
  return { rows, data };
}

async function unpack(packed: Buffer, codec: Codec): Promise<Buffer> {
  try {
    const data = await PACKINGS[codec].unpack(packed);
    if (data !== packed) releaseOwn(packed);
    return data;
  } catch (cause) {
    throw new RowferryError('backup-checksum', 'a block of the backup cannot be unpacked', { cause });
  }
}

function invalid(found: string): RowferryError {
  return new RowferryError('backup-invalid', `the file is not an Avro container that can be read: ${found}`);
}

function damaged(found: string): RowferryError {
  return new RowferryError('backup-checksum', `the backup file was changed: it holds ${found}`);
}
