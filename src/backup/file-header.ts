import type { ContainerHeader } from '../avro/container-reader.ts';
import { tableSchema } from '../avro/schema.ts';
import { RowferryError } from '../errors.ts';
import { type BackupFacts, isFacts, notOurs, otherVersion, parseObject, type Signer } from './manifest.ts';

/**
 * The facts of a backup in its file's metadata. Some are known only after the last row, and the header comes
 * first: they get room there and are written over it at the end, the signature of the whole header last.
 */

const PREFIX = 'rowferry.';
const SIGNATURE = `${PREFIX}signature`;
/** Decimal digits of 2^53 - 1. */
const NUMBER_WIDTH = 16;

type LateFacts = Pick<BackupFacts, 'contentDigest' | 'blocks' | 'bodyBytes' | 'bodySha256'>;

/** The same text length whatever the facts become; spaces in front of a number are JSON. */
function lateEntries(late: LateFacts): Map<string, string> {
  return new Map([
    ['contentDigest', JSON.stringify(late.contentDigest)],
    ['blocks', String(late.blocks).padStart(NUMBER_WIDTH)],
    ['bodyBytes', String(late.bodyBytes).padStart(NUMBER_WIDTH)],
    ['bodySha256', JSON.stringify(late.bodySha256)],
  ]);
}

const NOT_YET: LateFacts = {
  contentDigest: '0'.repeat(32),
  blocks: 0,
  bodyBytes: 0,
  bodySha256: '0'.repeat(64),
};
const NO_SIGNATURE = JSON.stringify('0'.repeat(64));

export function schemaText(facts: Pick<BackupFacts, 'table' | 'columns' | 'profile'>): string {
  return JSON.stringify(tableSchema(facts.table, facts.columns, facts.profile));
}

/** Metadata with room for what comes late. */
export function metadataOf(facts: Omit<BackupFacts, keyof LateFacts>): Map<string, string> {
  const early = Object.entries(facts).map(([name, value]): [string, string] => [
    PREFIX + name,
    JSON.stringify(value),
  ]);
  const late = [...lateEntries(NOT_YET)].map(([name, text]): [string, string] => [PREFIX + name, text]);
  return new Map([...early, ...late, [SIGNATURE, NO_SIGNATURE]]);
}

/** Writes the late facts and the signature into the header's bytes. */
export function completeHeader(header: Buffer, late: LateFacts, signer: Signer): void {
  const room = lateEntries(NOT_YET);
  for (const [name, text] of lateEntries(late)) {
    overwrite(header, PREFIX + name, room.get(name) ?? '', text);
  }
  overwrite(header, SIGNATURE, NO_SIGNATURE, JSON.stringify(signer.sign('header', header)));
}

/** Puts `next` in the place of an entry's value, which stands right after its name and two bytes of length at most. */
function overwrite(header: Buffer, name: string, value: string, next: string): void {
  const nameEnd = header.lastIndexOf(Buffer.from(name)) + name.length;
  const at = header.indexOf(Buffer.from(value), nameEnd);
  if (at < 0 || at > nameEnd + 2 || value.length !== next.length) {
    throw new RowferryError('backup-invalid', `the header of the backup has no room for ${name}`);
  }
  header.write(next, at);
}

/** The facts of a file whose header is as this installation wrote it. */
export function factsOf(header: ContainerHeader, signer: Signer): BackupFacts {
  const signature = header.metadata.get(SIGNATURE)?.toString();
  if (signature === undefined) {
    throw new RowferryError('backup-invalid', 'this is not a backup of rowferry: it carries no signature');
  }
  const unsigned = Buffer.from(header.bytes);
  overwrite(unsigned, SIGNATURE, signature, NO_SIGNATURE);
  const [hex] = /(?<=^")[0-9a-f]{64}(?="$)/.exec(signature) ?? [''];
  if (!signer.isSigned('header', unsigned, hex)) throw notOurs('the backup');
  return factsIn(header);
}

/** What the header says, whoever wrote it. */
export function factsIn(header: ContainerHeader): BackupFacts {
  const facts = parseObject(`{${[...header.metadata].flatMap(jsonMember).join(',')}}`);
  if (facts === null || !isFacts(facts)) throw otherVersion('the backup', facts?.formatVersion);
  if (header.metadata.get('avro.schema')?.toString() !== schemaText(facts)) {
    throw new RowferryError('backup-invalid', 'the schema of the backup is not that of its columns');
  }
  return facts;
}

function jsonMember([name, value]: [string, Buffer]): string[] {
  if (!name.startsWith(PREFIX) || name === SIGNATURE) return [];
  return [`${JSON.stringify(name.slice(PREFIX.length))}:${value.toString()}`];
}
