import { type FileHandle, open } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import { decompress } from './decompress.ts';
import type { ExpandOptions, ExpansionLimits, Input } from './input.ts';
import { HEAD_BYTES, refuseNested } from './kind.ts';
import { Spool, type Spooled } from './spool.ts';

/** Below this nothing is a bomb: a table of one value in every row compresses beyond any ratio. */
const HARMLESS_BYTES = 64 << 20;

/** Where the content of an input can be read as often as needed. */
export interface Content {
  readonly path: string;
  /** Hex; null: not read yet. */
  readonly sha256: string | null;
}

/**
 * Unpacks inputs, each once, into files of its own that are gone when it is disposed of, or before: `release`. All
 * members of an archive are unpacked before the first is given: a damaged one must not be found out when half of them
 * are loaded.
 */
export class Expander implements AsyncDisposable {
  readonly #limits: ExpansionLimits;
  readonly #spool: Spool;
  readonly #inputs: readonly Input[];
  readonly #contents = new Map<Input, Spooled>();

  /** `home`: the spool lies below it. `inputs`: all that will be asked for. */
  constructor(home: string, limits: ExpansionLimits, inputs: readonly Input[]) {
    this.#spool = new Spool(home);
    this.#limits = limits;
    this.#inputs = inputs;
  }

  /** Throws `file-unreadable`, `file-too-large`, `disk-full`, and the reason of the signal. */
  async open(input: Input, options: ExpandOptions = {}): Promise<Content> {
    if (input.kind === 'plain') return input;
    const known = this.#contents.get(input);
    if (known !== undefined) return known;
    if (input.kind === 'zip') await this.#unpack(input, options);
    else await this.#keep(input, decompress(input, input.kind, options), await this.#meter(input));
    const content = this.#contents.get(input);
    if (content === undefined) throw new TypeError(`${input.label} is none of the inputs`);
    return content;
  }

  /** Its content is not needed any more. */
  async release(input: Input): Promise<void> {
    const content = this.#contents.get(input);
    this.#contents.delete(input);
    if (content !== undefined) await this.#spool.remove(content.path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spool[Symbol.asyncDispose]();
  }

  async #unpack({ path, archive }: Input, options: ExpandOptions): Promise<void> {
    const members = new Map<string, Input>();
    for (const each of this.#inputs)
      if (each.path === path && each.member !== null) members.set(each.member, each);
    const label = archive ?? path;
    const meter = await this.#meter({ path, label });
    const use = async ({
      name,
      chunks,
    }: {
      readonly name: string;
      readonly chunks: AsyncIterable<Uint8Array>;
    }) => {
      const input = members.get(name);
      if (input !== undefined) await this.#keep(input, chunks, meter);
    };
    // Only for archives: the library is not loaded for every load.
    const { readMembers } = await import('./zip.ts');
    await readMembers(path, label, [...members.keys()], use, options);
  }

  async #keep(input: Input, chunks: AsyncIterable<Uint8Array>, meter: Meter): Promise<void> {
    const spooled = await this.#spool.write(meter.count(chunks));
    this.#contents.set(input, spooled);
    refuseNested(input.label, await headOf(spooled.path));
  }

  async #meter({ path, label }: Pick<Input, 'path' | 'label'>): Promise<Meter> {
    const file = await open(path, 'r');
    try {
      return new Meter(label, (await file.stat()).size, this.#limits);
    } finally {
      await file.close();
    }
  }
}

/** Counts what comes out of one file, and stops at what is too much. */
class Meter {
  readonly #label: string;
  readonly #packed: number;
  readonly #limits: ExpansionLimits;
  #bytes = 0;

  constructor(label: string, packed: number, limits: ExpansionLimits) {
    this.#label = label;
    this.#packed = packed;
    this.#limits = limits;
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length;
      const { maxExpandedBytes, maxExpansion } = this.#limits;
      if (this.#bytes > maxExpandedBytes) throw this.#tooLarge(`${maxExpandedBytes} bytes`, '--max-expanded');
      if (this.#bytes > Math.max(HARMLESS_BYTES, this.#packed * maxExpansion)) {
        throw this.#tooLarge(`${maxExpansion} times its ${this.#packed} bytes`, '--max-expansion');
      }
      yield chunk;
    }
  }

  #tooLarge(limit: string, flag: string): RowferryError {
    return new RowferryError(
      'file-too-large',
      `${this.#label} expands to more than ${limit}; nothing of it was loaded`,
      {
        hint: `if it is meant to, allow more with ${flag}`,
      },
    );
  }
}

export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    return await headOfOpen(file);
  } finally {
    await file.close();
  }
}

export async function headOfOpen(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}
