import { cutPlace, partSize } from '../csv/general/cut.ts';
import type { Dialect } from '../model/dialect.ts';
import { PART_BYTES } from './part-size.ts';
import type { Source } from './source.ts';

/** Cuts the parts of a load from its file, the next one ahead of its time. */

/** A part as it was cut. */
export interface Cut {
  readonly firstByte: number;
  readonly endByte: number;
  /** It ends the file. */
  readonly last: boolean;
  /** Begins with its bytes. */
  readonly buffer: Uint8Array<ArrayBuffer>;
}

/** A part as it is to be cut. */
export interface CutRequest {
  readonly firstByte: number;
  readonly mostBytes: number;
  readonly dialect: Dialect;
}

interface Ahead {
  readonly request: CutRequest;
  readonly cut: Promise<Cut>;
}

/**
 * Cuts parts from a file at record ends. The next one is read while the server is at work on those before it, so that
 * it can go as soon as there is room for it.
 */
export class PartReader {
  readonly #file: Source;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #ahead: Ahead | null = null;

  constructor(file: Source) {
    this.#file = file;
  }

  /** Of the file, in bytes. */
  get size(): number {
    return this.#file.size;
  }

  /** Begins to read a part that is asked for next, if nothing changes. */
  readAhead(request: CutRequest): void {
    if (this.#ahead !== null || request.firstByte >= this.#file.size) return;
    const cut = this.#cut(request);
    // Who asks for the part is told.
    cut.catch(() => undefined);
    this.#ahead = { request, cut };
  }

  /** Throws `file-changed` where the part ends the file, and that is not what it was at the start. */
  async read(request: CutRequest): Promise<Cut> {
    const ahead = this.#ahead;
    this.#ahead = null;
    const isAsked = ahead !== null && fits(ahead.request, request);
    if (!isAsked) ahead?.cut.then(({ buffer }) => this.giveBack(buffer)).catch(() => undefined);
    const cut = await (isAsked ? ahead.cut : this.#cut(request));
    if (cut.last || cut.endByte === cut.firstByte) await this.#file.assertUnchanged();
    return cut;
  }

  /** The memory of a part that was answered, for another one. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }

  async #cut({ firstByte, mostBytes, dialect }: CutRequest): Promise<Cut> {
    const wanted = partSize(mostBytes, this.#file.size - firstByte);
    const buffer = this.#free.pop() ?? new Uint8Array(Math.min(PART_BYTES, this.#file.size));
    const count = await this.#file.readAt(firstByte, buffer.subarray(0, wanted));
    const last = firstByte + count >= this.#file.size;
    const length = last ? count : cutAt(buffer.subarray(0, count), dialect);
    return { firstByte, endByte: firstByte + length, last, buffer };
  }
}

/** Where no record ends, the part is not cut: the server takes what is whole. */
function cutAt(bytes: Uint8Array<ArrayBuffer>, dialect: Dialect): number {
  return cutPlace(bytes, dialect) || bytes.length;
}

/** A part may be smaller than is asked for by now, but not larger. */
function fits(ahead: CutRequest, asked: CutRequest): boolean {
  const { firstByte, mostBytes, dialect } = asked;
  return ahead.firstByte === firstByte && ahead.mostBytes <= mostBytes && cutsAlike(ahead.dialect, dialect);
}

/** The answer to the first part says whether there is a header: that changes no cut. */
function cutsAlike(a: Dialect, b: Dialect): boolean {
  return a === b || JSON.stringify({ ...a, header: null }) === JSON.stringify({ ...b, header: null });
}
