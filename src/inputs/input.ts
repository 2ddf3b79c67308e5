/** One CSV content on its way in: a file, what a compressed file holds, or a member of an archive. */
export interface Input {
  /** For people and for the ledger's readers, never a path to open: `jobs.csv.gz`, `hr.zip!jobs.csv`. */
  readonly label: string;
  /** What the ledger keeps: the label without the folders in front of the file's name. */
  readonly name: string;
  /** As a plain file would be called, with the folder it would lie in: what tells the table. Never opened. */
  readonly plainName: string;
  /** The file to read; an archive stands for each of its members. */
  readonly path: string;
  readonly kind: InputKind;
  /** The label of the archive that it is a member of; null elsewhere. */
  readonly archive: string | null;
  /** In an archive, as it is written there; null elsewhere. */
  readonly member: string | null;
  /** Of the content, in hex, where it is known already. */
  readonly sha256: string | null;
}

export type InputKind = 'plain' | 'gzip' | 'zstd' | 'zip';

/** What the inputs of one file are, and which members of it are left alone. */
export interface Inputs {
  readonly inputs: readonly Input[];
  readonly ignored: readonly string[];
}

/** How far what is compressed may expand. */
export interface ExpansionLimits {
  /** Bytes of one file's content; of an archive, of all its members. */
  readonly maxExpandedBytes: number;
  /** Times the size of the file, once the content is larger than 64 MiB. */
  readonly maxExpansion: number;
}

/** Bytes done and in all: of the compressed file; of the content where it is an archive. */
export type OnExpanded = (done: number, size: number) => void;

export interface ExpandOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnExpanded | undefined;
}
