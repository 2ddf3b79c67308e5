import type { ColumnLike, Field } from './profile.ts';

const EMPTY = 4;
const UNLIKELY = 3;

/** A name of a header, of which nothing else is known: neither empty nor with the delimiter in it. */
export class HeaderProfile implements ColumnLike {
  readonly shapes: readonly string[] = [];
  readonly #delimiter: string;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  cost({ text }: Field): number {
    if (text === '') return EMPTY;
    return text.includes(this.#delimiter) || /[\r\n]/.test(text) ? UNLIKELY : 0;
  }
}
