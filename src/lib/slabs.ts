/** Gives so many bytes to write to; what stands in them is undefined. */
export type Memory = (bytes: number) => Uint8Array;

export const freshMemory: Memory = (bytes) => new Uint8Array(bytes);

/** More than are under way at a time; what is lost with a thread that ended is not missed. */
const MOST_SLABS = 8;
/** Of which only what was written to is resident. One that is too small is replaced, and nobody hurries to collect it. */
const STEP_BYTES = 8 << 20;
const STATE_BYTES = 4;
const FREE = 0;
const TAKEN = 1;

/**
 * Memory that one thread writes and another one reads, used again and again. Shared memory counts in no thread's heap,
 * while with buffers that are made anew for each part V8 collected garbage every few parts, and the kernel had to find and
 * clear their pages: a tenth of the time of a load. Whether a slab is taken stands in its last word, for all threads.
 */
export class Slabs {
  readonly #slabs: SharedArrayBuffer[] = [];

  /** Until `giveBack`, which any thread may call. */
  readonly take: Memory = (bytes) => {
    const free = this.#slabs.filter((slab) => Atomics.load(stateOf(slab), 0) === FREE);
    const fitting = free.find((slab) => roomOf(slab) >= bytes) ?? this.#add(bytes, free[0]);
    if (fitting === null) return freshMemory(bytes);
    Atomics.store(stateOf(fitting), 0, TAKEN);
    return new Uint8Array(fitting, 0, bytes);
  };

  /** Instead of one that is too small, if there is one. */
  #add(bytes: number, small: SharedArrayBuffer | undefined): SharedArrayBuffer | null {
    if (small !== undefined) this.#slabs.splice(this.#slabs.indexOf(small), 1);
    if (this.#slabs.length >= MOST_SLABS) return null;
    const steps = Math.ceil((bytes + STATE_BYTES) / STEP_BYTES);
    const slab = new SharedArrayBuffer(steps * STEP_BYTES);
    this.#slabs.push(slab);
    return slab;
  }
}

/** Once for each `take`, by whom they were handed to last; bytes that are not of a slab are left alone. */
export function giveBack({ buffer }: Uint8Array): void {
  if (buffer instanceof SharedArrayBuffer) Atomics.store(stateOf(buffer), 0, FREE);
}

const roomOf = (slab: SharedArrayBuffer): number => slab.byteLength - STATE_BYTES;

const stateOf = (slab: SharedArrayBuffer): Int32Array => new Int32Array(slab, roomOf(slab), 1);
