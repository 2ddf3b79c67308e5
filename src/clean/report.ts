import type { Dialect } from '../model/dialect.ts';
import type { RejectCode } from '../model/reject.ts';

export interface CleanOptions {
  /** What the file is called in the report and in errors; default: its path. */
  readonly name?: string;
  /** How the file is written, over RFC 4180; with `auto` what is not declared is sniffed. */
  readonly dialect?: Partial<Dialect>;
  /** A file, which is there whole or not at all, or a stream, which stays open. Without it nothing is written. */
  readonly out?: string | NodeJS.WritableStream;
  /** The dialect is found on the first MiB; records are repaired where that is not declared otherwise. */
  readonly auto?: boolean;
  /**
   * A record that repeats the header starts another table. `first`: it and all after it are rejected. `all`: the
   * repeated header is left out, and what follows are records like those before.
   */
  readonly tables?: 'first' | 'all';
  readonly signal?: AbortSignal;
}

/** `table.other`: it stands in another table of the same file. */
export type CleanCode = RejectCode | 'table.other';

export interface CleanReject {
  /** 1-based among the data records; 0: the header. */
  readonly record: number;
  /** 1-based physical line on which the record starts. */
  readonly line: number;
  readonly code: CleanCode;
  readonly message: string;
}

/** What became of a file: `records` = `written` + `rejected`. */
export interface CleanReport {
  readonly file: string;
  /** Null: none was declared, or the file is empty. */
  readonly header: readonly string[] | null;
  readonly records: number;
  readonly written: number;
  /** Of those written: quotes that were data, or fields that were aligned. */
  readonly repaired: number;
  readonly rejected: number;
  /** The first MAX_LISTED of them, and what is wrong with the header. */
  readonly rejects: readonly CleanReject[];
  readonly dialect: Dialect;
}

const MAX_LISTED = 10_000;

/** Counts and rejects as they come in. */
export class Tally {
  header: readonly string[] | null = null;
  records = 0;
  written = 0;
  repaired = 0;
  rejected = 0;
  readonly rejects: CleanReject[] = [];

  /** The record counted last. */
  reject(line: number, code: CleanCode, message: string): void {
    this.rejected++;
    this.note(this.records, line, code, message);
  }

  note(record: number, line: number, code: CleanCode, message: string): void {
    if (this.rejects.length < MAX_LISTED) this.rejects.push({ record, line, code, message });
  }

  report(file: string, dialect: Dialect): CleanReport {
    const { header, records, written, repaired, rejected, rejects } = this;
    return { file, header, records, written, repaired, rejected, rejects, dialect };
  }
}
