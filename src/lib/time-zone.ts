/** Seconds since 1970-01-01T00:00:00Z; or those that a clock without a zone shows, counted in the same way. */
type Seconds = number;

/** From `from` on the clocks are `offset` seconds ahead of UTC. */
interface Stretch {
  readonly from: Seconds;
  readonly offset: number;
}

/** Whether a name is that of a time zone: of a place, `UTC`, or an offset such as `+02:00`. */
export function isTimeZone(name: string): boolean {
  try {
    return new TimeZone(name).name === name;
  } catch {
    return false;
  }
}

/** What a local time stands for: one instant, none (clocks were put forward), or two (they were put back). */
export type Meaning = Seconds | 'never' | 'twice';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** No zone was ever as far as a day from UTC: what clocks show in a day happens within a day before and after it. */
const BEFORE = DAY;
const AFTER = 2 * DAY;
/** Days kept, which is more than a century; so a hostile file cannot fill the memory. */
const MOST_DAYS = 50_000;

/** The clocks of one time zone, as the runtime's copy of the IANA database knows them. */
export class TimeZone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #days = new Map<number, readonly Stretch[]>();
  readonly #offsets = new Map<Seconds, number>();

  /** A RangeError for a name that is none. */
  constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Hours and minutes ahead of UTC where they never change, as in `UTC` and `+02:00`; null for places. */
  get fixed(): string | null {
    if (/^[+-]\d\d:\d\d$/.test(this.#format.resolvedOptions().timeZone)) {
      return this.#format.resolvedOptions().timeZone;
    }
    return /^(?:etc\/)?(?:utc|gmt|uct|zulu)$/i.test(this.name) ? '+00:00' : null;
  }

  instantOf(local: Seconds): Meaning {
    const day = Math.floor(local / DAY);
    const stretches = this.#stretchesOf(day);
    const [only] = stretches;
    if (stretches.length === 1 && only !== undefined) return local - only.offset;
    const instants = stretches.flatMap(({ from, offset }, i) => {
      const instant = local - offset;
      const until = stretches[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      return instant >= from && instant < until ? [instant] : [];
    });
    return instants.length > 1 ? 'twice' : (instants[0] ?? 'never');
  }

  #stretchesOf(day: number): readonly Stretch[] {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    if (this.#days.size >= MOST_DAYS) {
      this.#days.clear();
      this.#offsets.clear();
    }
    const stretches = this.#look(day * DAY - BEFORE, day * DAY + AFTER);
    this.#days.set(day, stretches);
    return stretches;
  }

  /** Half days first, which neighbours share; hours only where something changes. */
  #look(from: Seconds, to: Seconds): readonly Stretch[] {
    const stretches: Stretch[] = [{ from: Number.NEGATIVE_INFINITY, offset: this.#known(from) }];
    for (let at = from; at < to; at += DAY / 2) {
      if (this.#known(at) === this.#known(at + DAY / 2)) continue;
      for (let hour = at; hour < at + DAY / 2; hour += HOUR) this.#change(hour, hour + HOUR, stretches);
    }
    return stretches;
  }

  #known(at: Seconds): number {
    const known = this.#offsets.get(at);
    if (known !== undefined) return known;
    const offset = this.#offsetAt(at);
    this.#offsets.set(at, offset);
    return offset;
  }

  /** Finds the second of a change between two instants by halves. */
  #change(from: Seconds, to: Seconds, stretches: Stretch[]): void {
    const offset = this.#offsetAt(to);
    if (offset === this.#offsetAt(from)) return;
    let [before, after] = [from, to];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offsetAt(middle) === offset) after = middle;
      else before = middle;
    }
    stretches.push({ from: after, offset });
  }

  #offsetAt(at: Seconds): number {
    const match = OFFSET.exec(this.#format.format(at * 1000));
    if (match === null) throw new TypeError(`no offset in ${this.#format.format(at * 1000)}`);
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
    const size = Number(hours) * HOUR + Number(minutes) * 60 + Number(seconds);
    return sign === '-' ? -size : size;
  }
}

/** Of times before standard time also with seconds. */
const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;
