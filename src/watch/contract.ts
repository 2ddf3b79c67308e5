import type { Config } from '../config.ts';
import type { RowferryError } from '../errors.ts';
import type { ExpansionLimits } from '../inputs/input.ts';
import type { Logger } from '../log.ts';
import type { Counts, LoadState } from '../model/receipt.ts';
import type { RelatedTable } from '../model/table.ts';

/**
 * The folder: what it takes to turn files dropped into data/incoming into loads, and what it tells.
 * docs/folder.md says what a person sees of it.
 */
export interface WatcherOptions {
  readonly config: Pick<
    Config,
    'home' | 'completion' | 'quietMs' | 'pollMs' | 'mapping' | keyof ExpansionLimits
  >;
  readonly log: Logger;
  /**
   * The dictionary as it is now; recent: as it was in an answer of the last second, which spares each of many small
   * files a question. A rejection is taken as "not reachable": asked again later.
   */
  readonly tables: (how: 'now' | 'recent') => Promise<readonly RelatedTable[]>;
  /** The table of a file of which more is known than its name tells; null: its name decides. */
  readonly tableOf?: (plainName: string) => Promise<string | null>;
  readonly loadFile: LoadFile;
  readonly onEvent?: (event: WatchEvent) => void;
  readonly clock?: Clock;
}

/**
 * Sends one file through the API and writes its rejects to not_added (also when the load turns out to be a
 * duplicate and they are not there: a crash may have come between).
 *
 * Resolves with what the ledger says. Rejects with a RowferryError: a retryable one (or one of this
 * machine, such as a full disk) leaves the file in data/work, to be sent again; any other moves it to data/failed.
 * When `signal` is aborted it stops sending and rejects; the load stays open, and the next start goes on with it.
 */
export type LoadFile = (file: FileToLoad, signal: AbortSignal) => Promise<LoadOutcome>;

export interface FileToLoad {
  /** Where the content lies now: a regular file with one name, under data/work. */
  readonly path: string;
  /**
   * As it was dropped, relative to data/incoming: `jobs.csv`, `jobs/2021.csv.gz`, and of an archive `hr.zip!jobs.csv`.
   * For people; never a path.
   */
  readonly name: string;
  /** As the content would be called, were it not packed. Never a path either. */
  readonly plainName: string;
  /** Of the content, in hex, where it is known already. */
  readonly sha256: string | null;
  readonly table: string;
  /**
   * To be called with the load's id (of mended rejects: that of the load they are of) before the first part is sent,
   * for a load that is new or goes on; not for a duplicate. It is how a file that was loaded right before a crash is told from a file that came twice.
   */
  readonly sending: (load: string) => Promise<void>;
}

/** What became of a file. Members beyond these (those of `load --json`) go into the receipt as they are. */
export interface LoadOutcome extends Counts {
  /** The load's id. */
  readonly load: string;
  readonly sha256: string;
  /** duplicate: this content was loaded into this table before; the counts are those of that load. */
  readonly state: Exclude<LoadState, 'receiving'> | 'duplicate';
  /** Why it was aborted or failed, for a person. */
  readonly detail?: string | null;
  /** How the file was read, in words; null where nothing was. */
  readonly readAs?: string | null;
  /** What was taken for records although it may be none, each for a person. */
  readonly warnings?: readonly string[];
  /** The load whose rejects these records are, mended. */
  readonly parent?: string;
}

export interface Watcher {
  /**
   * Resolves when every CSV file in data/incoming has been dealt with: none still arriving, none complete and
   * waiting, none under way, by a look at the folder that began after the call. Resolves on close too.
   */
  idle(): Promise<void>;
  /** Stops the load under way (it goes on at the next start) and gives the folder free. */
  close(): Promise<void>;
}

/**
 * `name` as in FileToLoad; `placed`: where the file lies now, relative to home. Each member of an archive is claimed and
 * done; when one fails, those before it are done all the same, and the archive has failed.
 */
export type WatchEvent =
  | { readonly kind: 'claimed'; readonly name: string; readonly table: string }
  | {
      readonly kind: 'done';
      readonly name: string;
      readonly table: string;
      readonly placed: string;
      readonly outcome: LoadOutcome;
    }
  | {
      readonly kind: 'failed';
      readonly name: string;
      readonly table: string | null;
      readonly placed: string;
      readonly reason: RowferryError;
      /** Null: nothing of it was sent, or the server did not say. */
      readonly outcome: LoadOutcome | null;
    }
  /** Tried again later, by itself. `name` is null when the folder or the dictionary is what fails. */
  | { readonly kind: 'held'; readonly name: string | null; readonly reason: RowferryError }
  /** Not a CSV file: it stays where it is. */
  | { readonly kind: 'ignored'; readonly name: string };

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}
