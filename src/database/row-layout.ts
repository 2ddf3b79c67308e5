import type { EncodedBatch, RowLayout } from './database.ts';

/** The rows of a batch as they are sent: their bytes, and where each of them lies. */
export interface LaidOutRows {
  readonly data: Uint8Array;
  readonly layout: RowLayout;
}

/** The rows of a batch whose engine fills `layout`. */
export function laidOutRows({ data, layout }: EncodedBatch): LaidOutRows {
  if (layout === null) throw new TypeError('the batch does not tell where its rows lie');
  return { data, layout };
}

/**
 * The same rows without those of the records in `gone`; the rows themselves when nothing is left out. What stands
 * before the first row (a header of the format) and after the last one stays.
 */
export function withoutRecords(rows: LaidOutRows, gone: ReadonlySet<number>): LaidOutRows {
  const { starts, records } = rows.layout;
  const kept = keptRows(records, gone);
  if (kept.length === records.length) return rows;
  const data = new Uint8Array(rows.data.length);
  const layout = { starts: new Int32Array(kept.length + 1), records: new Int32Array(kept.length) };
  const first = starts[0] ?? 0;
  let at = copy(rows.data, 0, first, data, 0);
  for (let i = 0; i < kept.length; ) {
    // Neighbours go in one piece.
    let next = i + 1;
    while (next < kept.length && kept[next] === (kept[next - 1] ?? 0) + 1) next++;
    const from = starts[kept[i] ?? 0] ?? 0;
    const shift = at - from;
    for (let k = i; k < next; k++) {
      const row = kept[k] ?? 0;
      layout.starts[k] = (starts[row] ?? 0) + shift;
      layout.records[k] = records[row] ?? 0;
    }
    at = copy(rows.data, from, starts[(kept[next - 1] ?? 0) + 1] ?? from, data, at);
    i = next;
  }
  layout.starts[kept.length] = at;
  at = copy(rows.data, starts[records.length] ?? first, rows.data.length, data, at);
  return { data: data.subarray(0, at), layout };
}

function keptRows(records: Int32Array, gone: ReadonlySet<number>): Int32Array {
  const kept = new Int32Array(records.length);
  let count = 0;
  for (let row = 0; row < records.length; row++) if (!gone.has(records[row] ?? 0)) kept[count++] = row;
  return kept.subarray(0, count);
}

function copy(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  to.set(from.subarray(start, end), at);
  return at + end - start;
}
