import { ByteSource } from '../avro/byte-source.ts';
import { type ContainerHeader, readBlocks, readHeader } from '../avro/container-reader.ts';
import { RowDecoder } from '../avro/decoder.ts';
import { MAX_COLUMNS } from '../avro/limits.ts';
import { RowferryError } from '../errors.ts';
import { PROFILES } from '../model/avro-options.ts';
import type { RowSink } from '../model/row-sink.ts';
import { type ColumnForm, STORAGE_CLASSES, type StoredColumn } from '../model/stored-table.ts';
import { openContent } from './content-file.ts';
import { factsIn } from './file-header.ts';
import type { BackupFacts } from './manifest.ts';

/**
 * A backup file to be looked at where there is neither a database nor the key it was signed with: nothing in it is
 * taken on trust, and nothing may be restored from it.
 */
export interface BackupTable {
  readonly path: string;
  readonly facts: BackupFacts;
  /** Of the file. */
  readonly bytes: number;
  readonly isEncrypted: boolean;
  /**
   * Pushes each row, generated columns too, and yields after each. Rejects with `backup-truncated`, `backup-checksum` or
   * `backup-rowcount` where the file is not whole; what does not come to its end closes the file.
   */
  rows(sink: RowSink): AsyncGenerator<void>;
}

/** `file-unreadable`, `backup-invalid`, `backup-truncated`, `backup-checksum`; `backup-no-key` without its key. */
export async function openTable(path: string, fileKey: Uint8Array | null): Promise<BackupTable> {
  await using content = await openContent(path, fileKey);
  const facts = checked(await readHeader(new ByteSource(content.input)));
  return {
    path,
    facts,
    bytes: content.fileBytes,
    isEncrypted: fileKey !== null,
    rows: (sink) => rowsOf(path, fileKey, facts, sink),
  };
}

async function* rowsOf(
  path: string,
  fileKey: Uint8Array | null,
  facts: BackupFacts,
  sink: RowSink,
): AsyncGenerator<void> {
  await using content = await openContent(path, fileKey);
  const source = new ByteSource(content.input);
  const header = await readHeader(source);
  const decoder = new RowDecoder(facts.columns, { generated: true });
  let rows = 0;
  for await (const block of readBlocks(source, header)) {
    decoder.open(block.data);
    rows += block.rows;
    for (let row = 0; row < block.rows; row++) {
      decoder.read(sink);
      yield;
    }
    if (!decoder.atEnd) throw new RowferryError('backup-checksum', 'a block holds more than its rows');
  }
  if (rows !== facts.rows) {
    throw new RowferryError('backup-rowcount', `the backup names ${facts.rows} rows and holds ${rows}`);
  }
  if (source.digests().partSha256 !== facts.bodySha256) {
    throw new RowferryError('backup-checksum', 'the backup was changed: its SHA-256 is not the one it names');
  }
}

function checked(header: ContainerHeader): BackupFacts {
  const facts = factsIn(header);
  const { columns, primaryKey } = facts;
  const isWhole = columns.length <= MAX_COLUMNS && columns.every(isColumn) && isTexts(primaryKey);
  const { codec, profile } = facts;
  if (isWhole && codec === header.codec && (profile === undefined || PROFILES.includes(profile)))
    return facts;
  throw new RowferryError('backup-invalid', 'the facts of the backup are not what rowferry writes');
}

const SIMPLE: ReadonlySet<string> = new Set([
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'string',
  'bytes',
  'date',
  'time-micros',
  'timestamp-micros',
]);
/** No decimal that an engine has takes more. */
const MAX_DECIMAL_BYTES = 64;

function isColumn(column: Partial<StoredColumn>): boolean {
  const { name, sqlType, form, optional } = column;
  return (
    typeof name === 'string' &&
    typeof sqlType === 'string' &&
    typeof optional === 'boolean' &&
    typeof form === 'object' &&
    isForm(form)
  );
}

function isForm(form: ColumnForm): boolean {
  if (form.kind === 'classes') {
    const { classes } = form;
    return isTexts(classes) && classes.length > 0 && classes.every((each) => STORAGE_CLASSES.includes(each));
  }
  if (form.kind !== 'decimal') return SIMPLE.has(form.kind);
  return (
    isSize(form.size, 1) && form.size <= MAX_DECIMAL_BYTES && isSize(form.scale, 0) && form.scale <= 1000
  );
}

const isSize = (value: unknown, least: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= least;

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');
