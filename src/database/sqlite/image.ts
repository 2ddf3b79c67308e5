/**
 * Writes the bytes of a SQLite database that holds one table `rows`: the bulk format of this engine. The image is
 * attached with sqlite3_deserialize and read with INSERT … SELECT, so no value crosses from JavaScript one by one.
 * Format: https://www.sqlite.org/fileformat2.html (section numbers below).
 */

import { giveBack, type Memory } from '../../lib/slabs.ts';

const PAGE = 65_536;
/** The database header, and the header of the schema's page with its one cell. */
const FIRST_PAGE_HEAD = 110;
/** Largest payload kept on a leaf page, and the smallest part kept when the rest overflows (1.6). */
const MAX_LOCAL = PAGE - 35;
const MIN_LOCAL = (((PAGE - 12) * 32) / 255 - 23) | 0;
const OVERFLOW_ROOM = PAGE - 4;
const LEAF = 13;
const INTERIOR = 5;
const LEAF_HEADER = 8;
const INTERIOR_HEADER = 12;
/** Page 1 holds the schema, page 2 the root of the table. */
const ROOT = 2;

export class ImageWriter {
  readonly #memory: Memory;
  #bytes: Uint8Array;
  #view: DataView;
  /** Pages in use; page numbers start at 1. */
  #pages = ROOT;
  #leaf = 0;
  #cells = 0;
  #top = PAGE;
  #lastRowid = 0;
  readonly #leaves: number[] = [];
  readonly #leafRowids: number[] = [];

  constructor(expectedBytes: number, memory: Memory) {
    this.#memory = memory;
    this.#bytes = memory(pageCount(expectedBytes) * PAGE);
    this.#view = viewOf(this.#bytes);
    this.#bytes.fill(0, 0, FIRST_PAGE_HEAD);
    this.#clearHead(ROOT);
    this.#openLeaf();
  }

  /** Grows with the image: take it anew after `cells`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /**
   * Makes room for records of `payloads` bytes and writes the heads of their cells; `places` receives where the
   * payloads go. The rowids are the ordinals + 1 and must rise. False, and nothing done, for a first record that does
   * not fit a page: `spill` takes it whole, and it must be the only one.
   */
  cells(ordinals: Int32Array, payloads: Int32Array, places: Int32Array, count: number): boolean {
    if ((payloads[0] ?? 0) > MAX_LOCAL) {
      places[0] = 0;
      return false;
    }
    for (let i = 0; i < count; ) {
      const taken = this.#cellsInPage(ordinals, payloads, places, i, count);
      if (taken === 0) this.#nextLeaf();
      i += taken;
    }
    return true;
  }

  #cellsInPage(
    ordinals: Int32Array,
    payloads: Int32Array,
    places: Int32Array,
    from: number,
    to: number,
  ): number {
    const bytes = this.#bytes;
    const view = this.#view;
    const base = (this.#leaf - 1) * PAGE;
    let cells = this.#cells;
    let top = this.#top;
    let i = from;
    for (; i < to; i++) {
      const payload = payloads[i] ?? 0;
      const rowid = (ordinals[i] ?? 0) + 1;
      const size = varintLength(payload) + varintLength(rowid) + payload;
      if (top - size < LEAF_HEADER + 2 * (cells + 1)) break;
      top -= size;
      view.setUint16(base + LEAF_HEADER + 2 * cells++, top);
      places[i] = writeVarint(bytes, writeVarint(bytes, base + top, payload), rowid);
    }
    this.#cells = cells;
    this.#top = top;
    if (i > from) this.#lastRowid = (ordinals[i - 1] ?? 0) + 1;
    return i - from;
  }

  /** A record larger than a page: its start on the leaf, the rest in a chain of overflow pages (1.6). */
  spill(rowid: number, payload: Uint8Array): void {
    const surplus = MIN_LOCAL + ((payload.length - MIN_LOCAL) % OVERFLOW_ROOM);
    const local = surplus <= MAX_LOCAL ? surplus : MIN_LOCAL;
    const at = this.#head(rowid, payload.length, local + 4);
    this.#bytes.set(payload.subarray(0, local), at);
    let link = at + local;
    for (let done = local; done < payload.length; done += OVERFLOW_ROOM) {
      const page = this.#newPage();
      this.#view.setUint32(link, page);
      link = (page - 1) * PAGE;
      this.#bytes.set(payload.subarray(done, done + OVERFLOW_ROOM), link + 4);
    }
  }

  /** Ends the image. `createTable` makes a table named rows. */
  finish(createTable: string): Uint8Array {
    this.#closeLeaf();
    this.#writeRoot();
    this.#writeFirstPage(createTable);
    return this.#bytes.subarray(0, this.#pages * PAGE);
  }

  #head(rowid: number, payload: number, local: number): number {
    const size = varintLength(payload) + varintLength(rowid) + local;
    if (this.#top - size < LEAF_HEADER + 2 * (this.#cells + 1)) this.#nextLeaf();
    const base = (this.#leaf - 1) * PAGE;
    this.#top -= size;
    this.#view.setUint16(base + LEAF_HEADER + 2 * this.#cells++, this.#top);
    this.#lastRowid = rowid;
    const afterSize = writeVarint(this.#bytes, base + this.#top, payload);
    return writeVarint(this.#bytes, afterSize, rowid);
  }

  #nextLeaf(): void {
    this.#closeLeaf();
    this.#openLeaf();
  }

  #openLeaf(): void {
    this.#leaf = this.#newPage();
    this.#cells = 0;
    this.#top = PAGE;
  }

  #closeLeaf(): void {
    writePageHeader(this.#view, (this.#leaf - 1) * PAGE, LEAF, this.#cells, this.#top);
    this.#leaves.push(this.#leaf);
    this.#leafRowids.push(this.#lastRowid);
  }

  /** One interior page is enough: it points to 5,000 leaves, a batch has a few hundred. */
  #writeRoot(): void {
    const base = (ROOT - 1) * PAGE;
    const last = this.#leaves.length - 1;
    if (last === 0) this.#moveOnlyLeaf(base);
    else this.#writeInterior(base, last);
  }

  #writeInterior(base: number, last: number): void {
    let top = PAGE;
    for (let i = 0; i < last; i++) {
      top -= 4 + varintLength(this.#leafRowids[i] ?? 0);
      this.#view.setUint16(base + INTERIOR_HEADER + 2 * i, top);
      this.#view.setUint32(base + top, this.#leaves[i] ?? 0);
      writeVarint(this.#bytes, base + top + 4, this.#leafRowids[i] ?? 0);
    }
    if (top < INTERIOR_HEADER + 2 * last) throw new RangeError('the batch is too large for one image');
    writePageHeader(this.#view, base, INTERIOR, last, top);
    this.#view.setUint32(base + 8, this.#leaves[last] ?? 0);
  }

  /**
   * A table of one leaf has no interior page: the leaf is the root. Its old page becomes the freelist: a trunk page
   * without a next one and without leaves (1.5).
   */
  #moveOnlyLeaf(base: number): void {
    const leaf = this.#leaves[0] ?? 0;
    const from = (leaf - 1) * PAGE;
    this.#bytes.copyWithin(base, from, from + PAGE);
    this.#clearHead(leaf);
    this.#view.setUint32(32, leaf);
    this.#view.setUint32(36, 1);
  }

  /** The database header (1.3) and the schema table with one row. */
  #writeFirstPage(createTable: string): void {
    const bytes = this.#bytes;
    const view = this.#view;
    bytes.set(MAGIC, 0);
    // 1 stands for 65,536; then: rollback journal, no reserved bytes, the fixed payload fractions.
    bytes.set([0, 1, 1, 1, 0, 64, 32, 32], 16);
    view.setUint32(24, 1);
    view.setUint32(28, this.#pages);
    view.setUint32(40, 1);
    view.setUint32(44, 4);
    view.setUint32(56, 1);
    view.setUint32(92, 1);
    view.setUint32(96, 3_053_000);
    const cell = schemaCell(createTable);
    const at = PAGE - cell.length;
    bytes.set(cell, at);
    writePageHeader(view, 100, LEAF, 1, at);
    view.setUint16(108, at);
  }

  #newPage(): number {
    const page = ++this.#pages;
    if (page * PAGE > this.#bytes.length) this.#grow(Math.max(page + 4, Math.ceil(page * 1.5)));
    this.#clearHead(page);
    return page;
  }

  /** What stood in the memory is no freeblock, fragment or next page of a chain. The rest is written, or not looked at. */
  #clearHead(page: number): void {
    const from = (page - 1) * PAGE;
    this.#bytes.fill(0, from, from + INTERIOR_HEADER);
  }

  #grow(pages: number): void {
    const larger = this.#memory(pages * PAGE);
    larger.set(this.#bytes);
    giveBack(this.#bytes);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, length);

const MAGIC = new TextEncoder().encode('SQLite format 3\0');

function pageCount(bytes: number): number {
  return Math.ceil(bytes / PAGE) + ROOT + 2;
}

function writePageHeader(view: DataView, base: number, type: number, cells: number, top: number): void {
  view.setUint8(base, type);
  view.setUint16(base + 3, cells);
  // 0 stands for 65,536 (1.5, cell content area).
  view.setUint16(base + 5, top === PAGE ? 0 : top);
}

function schemaCell(createTable: string): Uint8Array {
  const sql = new TextEncoder().encode(createTable);
  const text = new TextEncoder().encode('tablerowsrows');
  const sqlType = 13 + 2 * sql.length;
  const headerLength = 1 + 4 + varintLength(sqlType);
  const payload = headerLength + text.length + 1 + sql.length;
  const cell = new Uint8Array(varintLength(payload) + 1 + payload);
  let at = writeVarint(cell, 0, payload);
  // rowid 1, then the header: type, name and tbl_name as texts of 5, 4 and 4 bytes, rootpage as one byte, sql.
  cell.set([1, headerLength, 13 + 2 * 5, 13 + 2 * 4, 13 + 2 * 4, 1], at);
  at = writeVarint(cell, at + 6, sqlType);
  cell.set(text, at);
  cell[at + text.length] = ROOT;
  cell.set(sql, at + text.length + 1);
  return cell;
}

/** Bytes of a varint below 2^35 (1.4). */
export function varintLength(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Writes a varint below 2^31 and returns the byte after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let i = at;
  if (value >= 0x1000_0000) bytes[i++] = (value >>> 28) | 0x80;
  if (value >= 0x20_0000) bytes[i++] = (value >>> 21) | 0x80;
  if (value >= 0x4000) bytes[i++] = (value >>> 14) | 0x80;
  if (value >= 0x80) bytes[i++] = (value >>> 7) | 0x80;
  bytes[i++] = value & 0x7f;
  return i;
}
