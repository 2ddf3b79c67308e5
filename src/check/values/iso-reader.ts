import type { Column } from '../../model/table.ts';
import type { BytesJudge } from '../column-check.ts';
import { datetimeJudge } from '../temporal.ts';
import type { LocalTime } from './write-temporal.ts';

const ZERO = 48;
const COLON = 58;
const POINT = 46;

/** Reads the date-times that the check takes. Once its judge has nothing to say, their parts stand in fixed places. */
export class IsoReader implements LocalTime {
  year = 0;
  month = 0;
  day = 0;
  hour = 0;
  minute = 0;
  second = 0;
  fractionStart = 0;
  fractionEnd = 0;
  /** It names a zone. */
  zoned = false;
  readonly #judge: BytesJudge;

  constructor(column: Column) {
    // Which instants fit the column shows only when the zone is known.
    const { firstSecond, lastSecond, ...unbounded } = column;
    this.#judge = datetimeJudge(unbounded);
  }

  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#judge(bytes, start, end) !== null) return false;
    const two = (at: number): number =>
      ((bytes[start + at] ?? 0) - ZERO) * 10 + (bytes[start + at + 1] ?? 0) - ZERO;
    this.year = two(0) * 100 + two(2);
    this.month = two(5);
    this.day = two(8);
    this.hour = two(11);
    this.minute = two(14);
    const seconds = start + 16 < end && bytes[start + 16] === COLON;
    this.second = seconds ? two(17) : 0;
    this.#fraction(bytes, start + (seconds ? 19 : 16), end);
    this.zoned = this.fractionEnd < end;
    return true;
  }

  #fraction(bytes: Uint8Array, at: number, end: number): void {
    const point = at < end && bytes[at] === POINT;
    this.fractionStart = point ? at + 1 : at;
    let i = this.fractionStart;
    while (point && i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9) i++;
    this.fractionEnd = i;
  }
}
