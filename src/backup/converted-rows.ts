import { RowEncoder } from '../avro/encoder.ts';
import type { RowTarget } from '../database/snapshot.ts';
import { canonicalDecimal } from '../lib/compare-decimals.ts';
import { plainNumber } from '../lib/plain-number.ts';
import type { StoredColumn, StoredValue } from '../model/stored-table.ts';
import { ContentDigest } from './content-digest.ts';
import { type ValueTag, ValueTexts } from './value-texts.ts';

/** By what two values of different engines are the same. */
export type ValueKind = 'number' | 'moment' | 'plain';

const BLOCK_BYTES = 1 << 20;

/**
 * Takes rows as one engine keeps them, hands them on as texts that another one takes, and adds them up by what they mean:
 * 1.50 is 1.5, true is 1, and 10:00:00+00 is 10:00:00. The sum is the same for the table that holds the same values.
 */
export class ConvertedRows extends ValueTexts implements RowTarget {
  readonly #kinds: readonly ValueKind[];
  readonly #target: RowTarget | null;
  /** The target keeps no zone with a moment. */
  readonly #zoneless: boolean;
  readonly #meanings: RowEncoder;
  readonly #digest = new ContentDigest();
  #onRow: (meanings: ReadonlyArray<string | null>) => void = () => undefined;
  rows = 0;

  constructor(
    columns: readonly StoredColumn[],
    kinds: readonly ValueKind[],
    target: RowTarget | null = null,
    zoneless = false,
  ) {
    super(columns);
    this.#kinds = kinds;
    this.#target = target;
    this.#zoneless = zoneless;
    this.#meanings = new RowEncoder(
      columns.map((column) => ({ ...column, form: { kind: 'string' }, optional: true, generated: false })),
    );
  }

  /** Called with what each value of a row means. */
  onRow(listener: (meanings: ReadonlyArray<string | null>) => void): void {
    this.#onRow = listener;
  }

  override endRow(): boolean {
    super.endRow();
    const meanings = this.texts.map((text, index) =>
      text === null ? null : meaningOf(this.#kinds[index] ?? 'plain', this.tags[index] ?? 'text', text),
    );
    for (const meaning of meanings) push(this.#meanings, meaning);
    this.#meanings.endRow();
    this.rows += 1;
    if (this.#meanings.size >= BLOCK_BYTES) this.#digest.addRows(this.#meanings.takeBlock());
    this.#onRow(meanings);
    return this.#handOn(meanings);
  }

  async flush(): Promise<void> {
    await this.#target?.flush();
  }

  /** Hex; of all rows. */
  digest(): string {
    this.#digest.addRows(this.#meanings.takeBlock());
    return this.#digest.hex();
  }

  #handOn(meanings: ReadonlyArray<string | null>): boolean {
    const target = this.#target;
    if (target === null) return false;
    this.texts.forEach((text, index) => {
      const tag = this.tags[index];
      if (text !== null && tag === 'bytes') {
        const bytes = Buffer.from(text.slice(2), 'hex');
        target.bytes(bytes, 0, bytes.length);
        return;
      }
      const isMoment = this.#zoneless && this.#kinds[index] === 'moment';
      push(target, isMoment || tag === 'real' || tag === 'boolean' ? (meanings[index] ?? null) : text);
    });
    return target.endRow();
  }
}

type Texts = Pick<RowTarget, 'null' | 'text'> & { value?(value: StoredValue): void };

function push(sink: Texts, text: string | null): void {
  if (text === null) {
    sink.null();
    return;
  }
  const bytes = Buffer.from(text);
  sink.text(bytes, 0, bytes.length);
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)?(?:[ T]?(\d\d:\d\d:\d\d)(\.\d*)?(?:Z|\+00(?::00)?)?)?$/;

function meaningOf(kind: ValueKind, tag: ValueTag, text: string): string {
  if (kind === 'number') {
    if (tag === 'boolean') return text === 'true' ? '1' : '0';
    return NUMBER.test(text) ? canonicalDecimal(plainNumber(text)) : text;
  }
  const parts = kind === 'moment' ? MOMENT.exec(text) : null;
  if (parts === null) return text;
  const [, date = '', time = '', fraction = ''] = parts;
  const digits = fraction.replace(/\.?0*$/, '');
  return [date, time + digits].filter((part) => part !== '').join(' ');
}
