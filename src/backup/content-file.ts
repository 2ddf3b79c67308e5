import { constants, type FileHandle, open } from 'node:fs/promises';
import { AgeInput, readAgeHeader } from '../age/age-input.ts';
import { AgeSink } from '../age/age-sink.ts';
import { isAge, makeHeader } from '../age/header.ts';
import { MAX_HEADER_BYTES } from '../avro/limits.ts';
import { RowferryError } from '../errors.ts';
import { type ByteInput, type ByteSink, inputOf, sinkOf } from '../lib/byte-file.ts';

/** The Avro file of a backup, whether it lies in its file as it is or encrypted. */

export interface ContentOutput {
  readonly sink: ByteSink;
  /** What opens the file again; null where it is not encrypted. Kept nowhere but in memory. */
  readonly fileKey: Uint8Array | null;
  /** To be called when all was written. */
  finish(): Promise<void>;
}

/** Into an empty file. A new key for each: no two contents are ever encrypted with the same one. */
export async function outputTo(file: FileHandle, recipients: readonly string[]): Promise<ContentOutput> {
  const plain = sinkOf(file);
  if (recipients.length === 0) return { sink: plain, fileKey: null, finish: async () => undefined };
  const header = await makeHeader(recipients);
  const sink = new AgeSink(plain, header, MAX_HEADER_BYTES);
  return { sink, fileKey: header.fileKey, finish: () => sink.finish() };
}

export interface ContentInput extends AsyncDisposable {
  readonly input: ByteInput;
  /** Bytes of the Avro file. */
  readonly size: number;
  /** Bytes of the file that it lies in. */
  readonly fileBytes: number;
  /** Hex SHA-256 of the file that it lies in, once all was read; null: it is the Avro file itself. */
  sha256(): string | null;
}

/** `file-unreadable`, and what AgeInput throws: `backup-no-key` for an encrypted file without its key. */
export async function openContent(path: string, fileKey: Uint8Array | null): Promise<ContentInput> {
  const file = await openFile(path);
  try {
    return await contentOf(file, fileKey);
  } catch (error) {
    await file.close();
    throw error;
  }
}

const START_BYTES = 64;

async function contentOf(file: FileHandle, fileKey: Uint8Array | null): Promise<ContentInput> {
  const { size: fileBytes } = await file.stat();
  const start = Buffer.alloc(START_BYTES);
  await file.read(start, 0, start.length, 0);
  const rest = { fileBytes, [Symbol.asyncDispose]: () => file.close() };
  if (!isAge(start)) return { ...rest, input: inputOf(file), size: fileBytes, sha256: () => null };
  const input = await AgeInput.open(file, fileKey);
  return { ...rest, input, size: input.size, sha256: () => input.sha256() };
}

/** Of an encrypted file, in base64. */
export async function ageHeaderOf(path: string): Promise<string> {
  const file = await openFile(path);
  try {
    return (await readAgeHeader(file)).toString('base64');
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : String(cause));
  }
  throw unreadable('it is not a file');
}

function unreadable(why: string): RowferryError {
  return new RowferryError('file-unreadable', `the backup file cannot be read: ${why}`, {
    hint: 'see what backups there are: rowferry backups',
  });
}
