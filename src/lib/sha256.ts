/**
 * SHA-256 (FIPS 180-4) of bytes that come in pieces. For browsers: WebCrypto hashes only what lies in memory as a whole.
 * Node has node:crypto, which is several times as fast.
 */
import { toHex } from './bytes.ts';

/** 4.2.2 */
const K = words(`
  428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5
  d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe 9bdc06a7 c19bf174
  e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da
  983e5152 a831c66d b00327c8 bf597fc7 c6e00bf3 d5a79147 06ca6351 14292967
  27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85
  a2bfe8a1 a81a664b c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070
  19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3
  748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2
`);
/** 5.3.3 */
const INITIAL = words('6a09e667 bb67ae85 3c6ef372 a54ff53a 510e527f 9b05688c 1f83d9ab 5be0cd19');

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;

/** Used as node:crypto's Hash is: `update` any number of times, then `digest` once. */
export class Sha256 {
  readonly #state = Int32Array.from(INITIAL);
  readonly #schedule = new Int32Array(64);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  /** Bytes of the block that are filled. */
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(BLOCK_BYTES - this.#filled, bytes.length);
      this.#fill(bytes.subarray(0, at));
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; bytes.length - at >= BLOCK_BYTES; at += BLOCK_BYTES) this.#compress(view, at);
    this.#fill(bytes.subarray(at));
    return this;
  }

  /** 64 hexadecimal digits. */
  digest(_encoding: 'hex'): string {
    this.update(paddingOf(this.#length));
    const digest = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, index) => {
      digest.setInt32(4 * index, word);
    });
    return toHex(new Uint8Array(digest.buffer));
  }

  #fill(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
    if (this.#filled < BLOCK_BYTES) return;
    this.#compress(new DataView(this.#block.buffer), 0);
    this.#filled = 0;
  }

  /** 6.2.2 */
  #compress(view: DataView, at: number): void {
    const w = this.#schedule;
    expand(w, view, at);
    const state = this.#state;
    let a = word(state, 0);
    let b = word(state, 1);
    let c = word(state, 2);
    let d = word(state, 3);
    let e = word(state, 4);
    let f = word(state, 5);
    let g = word(state, 6);
    let h = word(state, 7);
    for (let t = 0; t < 64; t += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + word(K, t) + word(w, t)) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    add(state, [a, b, c, d, e, f, g, h]);
  }
}

/** 5.1.1: a one bit, zeros, and the length in bits in the last 64 bits of a block. `length`: bytes. */
export function paddingOf(length: number): Uint8Array {
  const zeros = (2 * BLOCK_BYTES - LENGTH_BYTES - 1 - (length % BLOCK_BYTES)) % BLOCK_BYTES;
  const padding = new Uint8Array(1 + zeros + LENGTH_BYTES);
  padding[0] = 0x80;
  new DataView(padding.buffer).setBigUint64(1 + zeros, 8n * BigInt(length));
  return padding;
}

/** 6.2.2, step 1: the 16 words of a block and 48 made of them. */
function expand(w: Int32Array, view: DataView, at: number): void {
  for (let t = 0; t < 16; t += 1) w[t] = view.getInt32(at + 4 * t);
  for (let t = 16; t < 64; t += 1) {
    const x = word(w, t - 15);
    const y = word(w, t - 2);
    const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
    const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
    w[t] = (word(w, t - 16) + s0 + word(w, t - 7) + s1) | 0;
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function add(state: Int32Array, more: readonly number[]): void {
  for (let i = 0; i < more.length; i += 1) state[i] = word(state, i) + (more[i] ?? 0);
}

/** Without iterators and closures: they would take longer than the rounds. */
function word(array: Int32Array, index: number): number {
  return array[index] ?? 0;
}

function words(hex: string): Int32Array {
  return Int32Array.from(hex.trim().split(/\s+/), (text) => Number.parseInt(text, 16) | 0);
}
