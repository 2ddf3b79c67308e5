import { invalid } from '../lib/setting.ts';

/** Which backups of a table are kept: those that any of these keeps (docs/backups.md). */
export interface RetentionRules {
  /** The newest so many. */
  readonly keepLast: number;
  /** The newest of each of the last so many days that have one; and so on. */
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
  readonly yearly: number;
  /** Those that are at most so much older than the newest. Milliseconds. */
  readonly keepWithinMs: number;
}

const DAY_MS = 86_400_000;
const DEFAULT_RETENTION: RetentionRules = Object.freeze({
  keepLast: 3,
  daily: 7,
  weekly: 4,
  monthly: 12,
  yearly: 0,
  keepWithinMs: 2 * DAY_MS,
});
const COUNTED = ['keepLast', 'daily', 'weekly', 'monthly', 'yearly'] as const;
const RETENTION_FORM =
  '{"keepLast": 3, "daily": 7, "keepWithin": "2d"} with one rule at least, or null to keep all';

/** What is not said keeps nothing. Rules that would keep nothing at all are taken for a mistake. */
export function retention(input: Record<string, unknown>): RetentionRules | null {
  const given = input.backupRetention;
  if (given === undefined) return DEFAULT_RETENTION;
  const value: unknown = typeof given === 'string' ? parsed(given) : given;
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid('backupRetention', given, RETENTION_FORM);
  const { keepWithin, ...counts }: Record<string, unknown> = { ...value };
  const [stranger] = Object.keys(counts).filter((name) => !COUNTED.some((each) => each === name));
  if (stranger !== undefined)
    throw invalid('backupRetention', given, `${RETENTION_FORM}, without "${stranger}"`);
  const times = (name: (typeof COUNTED)[number]) => timesKept(name, counts[name]);
  const rules: RetentionRules = {
    keepLast: times('keepLast'),
    daily: times('daily'),
    weekly: times('weekly'),
    monthly: times('monthly'),
    yearly: times('yearly'),
    keepWithinMs: timeKept(keepWithin),
  };
  if (Object.values(rules).every((each) => each === 0))
    throw invalid('backupRetention', given, RETENTION_FORM);
  return Object.freeze(rules);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function timesKept(name: string, value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100_000) return value;
  throw invalid(`backupRetention.${name}`, value, 'a whole number from 0 to 100000');
}

/** 36h, 14d, 8w. */
function timeKept(value: unknown): number {
  if (value === undefined) return 0;
  const [, digits, unit] = /^(\d{1,5})([hdw])$/.exec(typeof value === 'string' ? value : '') ?? [];
  if (digits === undefined) {
    throw invalid('backupRetention.keepWithin', value, 'hours, days or weeks such as "36h", "14d" or "8w"');
  }
  const unitMs = unit === 'h' ? DAY_MS / 24 : unit === 'd' ? DAY_MS : 7 * DAY_MS;
  return Number(digits) * unitMs;
}
