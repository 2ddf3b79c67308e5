import type { BigIntStats } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import type { Config } from '../config.ts';
import { isIgnored, isInput, isMarker, MARKER, shownName } from './names.ts';

/**
 * One look after the other at data/incoming. What is there, and for how long it has stood still, is read from the
 * folder itself each time; nothing is kept of it that the next look would not find out again. A file that is
 * complete is not asked again: thousands may wait, and whoever claims one sees whether it is what it was.
 */

/** Stillness has to be seen this often, so that one slow look is not taken for a quiet file. */
const STILL_LOOKS = 3;
/** lstat calls under way at once: the thread pool is shared with the rest of the process. */
const AT_ONCE = 32;
/** More files than this are looked at when the first of them are gone: memory stays flat in any burst. */
const MOST_AT_A_TIME = 50_000;

export interface Sighting {
  /** Path relative to incoming, each byte of the name as one Latin-1 character. */
  readonly key: string;
  readonly name: string;
  readonly shape: Shape;
  /** The number of the look that first saw it. */
  readonly order: number;
  /** There is an X.csv.done for it. */
  readonly marked: boolean;
  readonly complete: boolean;
}

/** What tells whether a file changed. ctime also changes with a rename, a link and a chmod. */
export interface Shape {
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export interface Look {
  /** CSV files, packed or not (and what is named like one), and folders that lie too deep. */
  readonly complete: readonly Sighting[];
  readonly arriving: readonly Sighting[];
  /** Names of complete files that are not CSV, each told once. */
  readonly strangers: readonly string[];
}

interface Tracked {
  shape: Shape;
  since: number;
  looks: number;
  order: number;
  seenIn: number;
  file: boolean;
  links: number;
  told: boolean;
  /** In the last look. */
  complete: boolean;
  /** As it was given last: of thousands that wait, each look would make anew what is the same. */
  sighting: Sighting | null;
}

interface Found {
  readonly key: string;
  readonly stat: BigIntStats;
}

export class Poll {
  readonly #incoming: Buffer;
  readonly #config: Pick<Config, 'completion' | 'quietMs'>;
  readonly #now: () => number;
  readonly #tracked = new Map<string, Tracked>();
  #generation = 0;
  #isStale = false;

  constructor(incoming: string, config: Pick<Config, 'completion' | 'quietMs'>, now: () => number) {
    this.#incoming = Buffer.from(`${incoming}/`);
    this.#config = config;
    this.#now = now;
  }

  pathOf(key: string): Buffer {
    return Buffer.concat([this.#incoming, Buffer.from(key, 'latin1')]);
  }

  async look(): Promise<Look> {
    this.#generation += 1;
    let markers: ReadonlyMap<string, bigint>;
    do {
      this.#isStale = false;
      markers = await this.#lookThrough();
    } while (this.#isStale);
    for (const [key, tracked] of this.#tracked) {
      if (tracked.seenIn !== this.#generation) this.#tracked.delete(key);
    }
    return this.#sort(markers);
  }

  /** A file was taken and put back: a look that is under way may have missed it, and goes through the folder again. */
  putBack(key: string): void {
    this.forget(key);
    this.#isStale = true;
  }

  /** The markers that are there: for which file, and since when. */
  async #lookThrough(): Promise<ReadonlyMap<string, bigint>> {
    const markers = new Map<string, bigint>();
    for await (const { key, stat } of this.#walk()) {
      if (isMarker(key)) markers.set(key.slice(0, -MARKER.length), stat.mtimeNs);
      else this.#observe(key, stat);
    }
    return markers;
  }

  /** The file was taken away: one of the same name is another file. */
  forget(key: string): void {
    this.#tracked.delete(key);
  }

  async *#walk(): AsyncGenerator<Found> {
    let names: string[] = [];
    let files = 0;
    for await (const name of this.#names('', 0)) {
      if (!this.#isKnown(name)) names.push(name);
      if (isInput(name)) files += 1;
      if (files === MOST_AT_A_TIME) break;
      if (names.length < AT_ONCE) continue;
      yield* await this.#stats(names);
      names = [];
    }
    yield* await this.#stats(names);
  }

  /** Complete, and there still. */
  #isKnown(key: string): boolean {
    const tracked = this.#tracked.get(key);
    if (tracked?.complete !== true) return false;
    tracked.seenIn = this.#generation;
    return true;
  }

  /** Files of incoming and of its subfolders; a folder below those is given as one name. */
  async *#names(folder: string, depth: number): AsyncGenerator<string> {
    // Latin-1 keeps each byte of a name: not every file system holds names to UTF-8.
    for await (const entry of await opendir(this.pathOf(folder), { encoding: 'latin1', bufferSize: 512 })) {
      if (isIgnored(entry.name)) continue;
      const key = folder + entry.name;
      if (entry.isDirectory() && depth === 0) yield* this.#subfolder(key);
      else yield key;
    }
  }

  /** One that is gone again holds nothing; one that cannot be read is given as a name, to be told of. */
  async *#subfolder(key: string): AsyncGenerator<string> {
    try {
      yield* this.#names(`${key}/`, 1);
    } catch (error) {
      if (!isMissing(error)) yield key;
    }
  }

  async #stats(names: readonly string[]): Promise<Found[]> {
    const found: Found[] = [];
    const one = async (key: string) => {
      try {
        found.push({ key, stat: await lstat(this.pathOf(key), { bigint: true }) });
      } catch (error) {
        // Taken away since its name was read.
        if (!isMissing(error)) throw error;
      }
    };
    await Promise.all(names.map(one));
    return found;
  }

  #observe(key: string, stat: BigIntStats): void {
    const shape: Shape = { ino: stat.ino, size: stat.size, mtimeNs: stat.mtimeNs, ctimeNs: stat.ctimeNs };
    const known = this.#tracked.get(key);
    if (known !== undefined && sameShape(known.shape, shape)) {
      // Seen twice in one look, it stood still for no longer.
      if (known.seenIn !== this.#generation) known.looks += 1;
      known.seenIn = this.#generation;
      return;
    }
    this.#tracked.set(key, {
      shape,
      since: this.#now(),
      looks: 1,
      order: known?.order ?? this.#generation,
      seenIn: this.#generation,
      file: stat.isFile(),
      links: Number(stat.nlink),
      told: known?.told ?? false,
      complete: false,
      sighting: null,
    });
  }

  #sort(markers: ReadonlyMap<string, bigint>): Look {
    const complete: Sighting[] = [];
    const arriving: Sighting[] = [];
    const strangers: string[] = [];
    for (const [key, tracked] of this.#tracked) {
      const marker = markers.get(key);
      const done = this.#isComplete(tracked, marker);
      tracked.complete = done;
      if (tracked.file && !isInput(key)) {
        if (done && !tracked.told) strangers.push(shownName(key));
        tracked.told ||= done;
        continue;
      }
      const marked = marker !== undefined;
      let sighting = tracked.sighting;
      if (sighting?.marked !== marked || sighting.complete !== done) {
        const { shape, order } = tracked;
        sighting = { key, name: shownName(key), shape, order, marked, complete: done };
        tracked.sighting = sighting;
      }
      (done ? complete : arriving).push(sighting);
    }
    return { complete, arriving, strangers };
  }

  #isComplete(tracked: Tracked, marker: bigint | undefined): boolean {
    if (tracked.looks >= STILL_LOOKS && this.#now() - tracked.since >= this.#config.quietMs) return true;
    // A second name may be the sender's own way to rename without overwriting (link, then unlink): what is not an
    // ordinary file is judged only after it stood still, whatever the completion.
    if (!tracked.file || tracked.links > 1) return false;
    // A marker older than the file speaks of an earlier file of that name.
    return this.#config.completion === 'rename' || (marker !== undefined && marker >= tracked.shape.mtimeNs);
  }
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
