/** How records and fields are told apart: the part of a dialect that changes where fields begin and end. */
export interface Shape {
  readonly delimiter: string;
  readonly quoteChar: string | null;
  readonly doubleQuote: boolean;
  readonly escapeChar: string | null;
  readonly skipInitialSpace: boolean;
}

/** One record of a sample as a shape reads it. */
export interface Row {
  /** 0-based physical line it starts on. */
  readonly line: number;
  /** None for a blank line. */
  readonly cells: readonly string[];
  /** Whether a cell stood in quotes, for each cell. */
  readonly quoted: readonly boolean[];
  /** Text after a closing quote, a quote inside a field without quotes, or a quote that is never closed. */
  readonly fault: boolean;
}

export interface TokenizeOptions {
  /** The text is the whole content: what stands at its end is a record too. */
  readonly whole: boolean;
  readonly maxRows?: number;
  /** A quote is data where no field ends behind it, and no fault. No load reads so: `clean` does. */
  readonly lenient?: boolean;
}

const LF = 10;
const CR = 13;
const SPACE = 32;

/**
 * The records of a sample, blank lines among them. For looking at a few hundred kilobytes: it makes a string of every
 * field. What it reads is what the readers of a load read; test/csv/sniff holds them together.
 */
export function tokenize(text: string, shape: Shape, options: TokenizeOptions): Row[] {
  const reader = new SampleReader(text, shape, options);
  const most = options.maxRows ?? Number.POSITIVE_INFINITY;
  const rows: Row[] = [];
  while (rows.length < most) {
    const row = reader.next();
    if (row === null) break;
    rows.push(row);
  }
  return rows;
}

class SampleReader {
  readonly #text: string;
  readonly #whole: boolean;
  readonly #lenient: boolean;
  readonly #delimiter: string;
  readonly #first: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #shape: Shape;
  #at = 0;
  #line = 0;
  #fault = false;
  /** A quote was still open where the text ended. */
  #open = false;

  constructor(text: string, shape: Shape, { whole, lenient = false }: TokenizeOptions) {
    this.#text = text;
    this.#whole = whole;
    this.#lenient = lenient;
    this.#shape = shape;
    this.#delimiter = shape.delimiter;
    this.#first = shape.delimiter.charCodeAt(0);
    this.#quote = shape.quoteChar?.charCodeAt(0) ?? -1;
    this.#escape = shape.escapeChar?.charCodeAt(0) ?? -1;
  }

  /** Null at the end, and where a record is cut by the end of a sample. */
  next(): Row | null {
    if (this.#at >= this.#text.length) return null;
    const from = this.#at;
    const line = this.#line;
    this.#fault = false;
    this.#open = false;
    const cells: string[] = [];
    const quoted: boolean[] = [];
    for (;;) {
      const start = this.#at;
      cells.push(this.#field());
      quoted.push(this.#text.charCodeAt(start) === this.#quote);
      if (!this.#atDelimiter()) break;
      this.#at += this.#delimiter.length;
    }
    if (this.#open) return this.#whole ? this.#unclosed(from, line) : null;
    if (this.#at >= this.#text.length && !this.#whole) return null;
    const blank = this.#at === from;
    this.#endLine();
    return blank
      ? { line, cells: [], quoted: [], fault: false }
      : { line, cells, quoted, fault: this.#fault };
  }

  /** Of a record with an open quote no field is known; the next line is read on its own. */
  #unclosed(from: number, line: number): Row {
    this.#at = from;
    while (this.#at < this.#text.length && !this.#atLineEnd()) this.#at++;
    const cells = [this.#text.slice(from, this.#at)];
    this.#line = line;
    this.#endLine();
    return { line, cells, quoted: [false], fault: true };
  }

  #field(): string {
    if (this.#shape.skipInitialSpace) {
      while (this.#text.charCodeAt(this.#at) === SPACE) this.#at++;
    }
    if (this.#text.charCodeAt(this.#at) === this.#quote && this.#quote >= 0) return this.#inQuotes();
    return this.#bare();
  }

  #bare(): string {
    const start = this.#at;
    let escaped = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === this.#escape && this.#escapedAt(this.#at + 1) > 0) {
        escaped = true;
        this.#passEscaped();
      } else if ((c === this.#first && this.#atDelimiter()) || c === LF || c === CR) {
        break;
      } else if (c === this.#quote && !this.#lenient) {
        this.#fault = true;
      }
    }
    return escaped ? this.#undone(start, this.#at, false) : this.#text.slice(start, this.#at);
  }

  #inQuotes(): string {
    const start = ++this.#at;
    let changed = false;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charCodeAt(this.#at);
      if (c === this.#escape && this.#escapedAt(this.#at + 1) > 0) {
        changed = true;
        this.#passEscaped();
      } else if (c === this.#quote) {
        if (!this.#shape.doubleQuote || this.#text.charCodeAt(this.#at + 1) !== this.#quote) {
          if (this.#lenient && !this.#endsBehind()) continue;
          break;
        }
        changed = true;
        this.#at++;
      } else if (c === LF || (c === CR && this.#text.charCodeAt(this.#at + 1) !== LF)) {
        this.#line++;
      }
    }
    if (this.#at >= this.#text.length) {
      this.#open = true;
      return '';
    }
    const end = this.#at++;
    this.#skipStray();
    return changed ? this.#undone(start, end, this.#shape.doubleQuote) : this.#text.slice(start, end);
  }

  /** Whether the character here is the last one of its field. */
  #endsBehind(): boolean {
    this.#at++;
    const ends = this.#at >= this.#text.length || this.#atDelimiter() || this.#atLineEnd();
    this.#at--;
    return ends;
  }

  /** What stands between a closing quote and the end of the field. */
  #skipStray(): void {
    while (this.#at < this.#text.length && !this.#atDelimiter() && !this.#atLineEnd()) {
      this.#fault = true;
      this.#at++;
    }
  }

  /** Characters that an escape before them makes data; 0: the escape is data itself. */
  #escapedAt(at: number): number {
    const c = this.#text.charCodeAt(at);
    if (c === CR && this.#text.charCodeAt(at + 1) === LF) return 2;
    if (c === SPACE && this.#shape.skipInitialSpace) return 1;
    return c === LF || c === CR || c === this.#quote || c === this.#escape || c === this.#first ? 1 : 0;
  }

  /** `at` then stands at the last of them. */
  #passEscaped(): void {
    const size = this.#escapedAt(this.#at + 1);
    const c = this.#text.charCodeAt(this.#at + 1);
    if (c === LF || c === CR) this.#line++;
    this.#at += size;
  }

  /** A field with its escapes, and in quotes its doubled quotes, undone. */
  #undone(start: number, end: number, doubled: boolean): string {
    let text = '';
    for (let i = start; i < end; i++) {
      const c = this.#text.charCodeAt(i);
      const size = c === this.#escape ? this.#escapedAt(i + 1) : 0;
      text += size > 0 ? this.#text.slice(i + 1, i + 1 + size) : this.#text.charAt(i);
      i += size;
      if (size === 0 && doubled && c === this.#quote) i++;
    }
    return text;
  }

  #atDelimiter(): boolean {
    if (this.#text.charCodeAt(this.#at) !== this.#first) return false;
    return this.#delimiter.length === 1 || this.#text.startsWith(this.#delimiter, this.#at);
  }

  #atLineEnd(): boolean {
    const c = this.#text.charCodeAt(this.#at);
    return c === LF || c === CR;
  }

  #endLine(): void {
    if (this.#at >= this.#text.length) return;
    const crlf = this.#text.charCodeAt(this.#at) === CR && this.#text.charCodeAt(this.#at + 1) === LF;
    this.#at += crlf ? 2 : 1;
    this.#line++;
  }
}
