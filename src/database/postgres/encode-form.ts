import { FIELD_DOUBLED, FIELD_NULL } from '../../model/tape.ts';
import { copyWords } from '../field-bytes.ts';
import {
  BLOCK_ROWS,
  type Block,
  type ColumnEncoder,
  LENGTH_BYTES,
  NULL_LENGTH,
  type TapeColumn,
} from './column-encoder.ts';

/**
 * Types of which only the database knows all spellings: the usual ones are read here. Nothing is guessed of the others;
 * a batch with one of them goes as text.
 */

/**
 * Writes the binary form of bytes[start, end) at `at`: its length; 0 where the spelling is not one that is read here.
 * What the database would refuse or alter has to be among these.
 */
export type FormReader = (bytes: Uint8Array, start: number, end: number, to: DataView, at: number) => number;

/** A column whose values have `most` bytes or fewer. */
export function formEncoder(column: TapeColumn, most: number, read: FormReader): ColumnEncoder {
  const forms = new Forms(most);
  return {
    size: LENGTH_BYTES,
    measure: (block) => readForms(column, forms, read, block),
    write: (block) => writeForms(column, forms, block),
  };
}

/** The values of a block, read when they are measured. */
class Forms {
  readonly most: number;
  readonly view: DataView;
  readonly lengths = new Uint8Array(BLOCK_ROWS);

  constructor(most: number) {
    this.most = most;
    this.view = new DataView(new ArrayBuffer(BLOCK_ROWS * most));
  }
}

function readForms({ tape, field }: TapeColumn, forms: Forms, read: FormReader, block: Block): void {
  const { records, sizes, count } = block;
  const { bytes, starts, ends, flags, width } = tape;
  const { most, view, lengths } = forms;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const flag = flags[slot] ?? 0;
    if ((flag & FIELD_NULL) !== 0) continue;
    const isPlain = (flag & FIELD_DOUBLED) === 0;
    const length = isPlain ? read(bytes, starts[slot] ?? 0, ends[slot] ?? 0, view, i * most) : 0;
    if (length === 0) {
      block.unread = true;
      return;
    }
    lengths[i] = length;
    sizes[i] = (sizes[i] ?? 0) + length;
  }
}

function writeForms({ tape, field }: TapeColumn, { most, view: from, lengths }: Forms, block: Block): void {
  const { records, cursors, count, view } = block;
  const { flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const at = cursors[i] ?? 0;
    const isNull = ((flags[(records[i] ?? 0) * width + field] ?? 0) & FIELD_NULL) !== 0;
    const length = isNull ? 0 : (lengths[i] ?? 0);
    view.setInt32(at, isNull ? NULL_LENGTH : length);
    copyWords(from, i * most, i * most + length, view, at + LENGTH_BYTES);
    cursors[i] = at + LENGTH_BYTES + length;
  }
}
