import type { Random } from './random.ts';
import { spaced, type Values } from './values.ts';

const two = (value: number): string => String(value).padStart(2, '0');

const YEARS = spaced('0001 0099 0100 0400 1582 1883 1899 1900 1969 1970 2000 2038 2100 9999');

const DATE_EDGES = [
  ...spaced('0000-01-01 0000-00-00 0000-12-31 0001-01-01 9999-12-31 10000-01-01 -0001-01-01'),
  ...spaced('+2021-01-01 2021-00-10 2021-13-01 2021-01-00 2021-01-32 2021-04-31 2021-02-29 2021-02-30'),
  ...spaced('2020-02-29 1900-02-29 2000-02-29 2100-02-29 2400-02-29 0004-02-29 0100-02-29 1582-10-10'),
  ...spaced('1752-09-05 2021-1-1 2021-01-1 21-01-01 20210101 2021/01/01 2021.01.01 01-02-2021'),
  ...spaced('01/02/2021 2021-W01-1 2021-001 2021-01 2021 today now epoch infinity -infinity'),
  ...spaced('2021-01-01T00:00:00 ２０２１-01-01 2021-01-0１ 2021-01-01Z J2459216'),
  ...['2021-01-01 ', ' 2021-01-01', '2021-01-01 BC', '2021‐01‐01'],
];

const TIME_EDGES = [
  ...spaced('00:00 00:00:00 23:59 23:59:59 24:00 24:00:00 24:00:01 25:00:00 12:60 12:60:00 12:00:60'),
  ...spaced('23:59:60 12:00:61 12:00:00. 12:00:00,5 12 1200 120000 1:00 01:0 01:00:0 -01:00 +01:00'),
  ...spaced('1:00pm 12:00Z 12:00:00z 12:00:00+01 12:00:00+0130 12:00:00+01:30 12:00:00.0000000001'),
  ...spaced('12.00.00 12：00 noon allballs 838:59:59 838:59:59.9 839:00:00 -838:59:59'),
  ...spaced('-838:59:59.000001 1000:00:00 99:59:59 100:00:00 -00:00:00 -00:00:00.5 034:12 0034:12:00'),
  ...['12:00 PM', '12:00:00 AM', ' 12:00', '12:00 ', '1 12:00:00'],
];

const ZONES = spaced('Z z +00 -00 +0000 -0000 +00:00 -00:00 +01 -11 +0530 -0330 +05:45 +14:00 -12:00');
const ODD_ZONES = [
  '+15:59',
  '-15:59',
  '+16:00',
  '-16',
  '+23:59',
  '+1',
  '+1:00',
  '+01:',
  '+01:60',
  '+01:00:30',
  ' UTC',
  ' +01',
  'UTC',
  '+24',
  'A',
];

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A day that exists. */
function aDate(random: Random, first = 1, last = 9999): string {
  const drawn = random.oneIn(2) ? random.between(first, last) : Number(random.pick(YEARS));
  const year = drawn < first || drawn > last ? random.between(first, last) : drawn;
  const month = random.between(1, 12);
  const day = random.oneIn(3) ? (DAYS[month - 1] ?? 28) : random.between(1, 28);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(month === 2 && !leap ? Math.min(day, 28) : day)}`;
}

const part = (random: Random, last: number): string =>
  two(random.oneIn(5) ? random.pick([0, last]) : random.between(0, last));

/** Zeros after the last digit that counts are no digits that would be lost. */
function aFraction(random: Random, digits: number): string {
  const count = random.between(0, digits);
  const zeros = random.oneIn(4) ? '0'.repeat(random.between(1, 9 - count)) : '';
  const text = random.digits(count) + zeros;
  return text === '' ? '' : `.${text}`;
}

function aTime(random: Random, digits: number): string {
  const minute = `${part(random, 23)}:${part(random, 59)}`;
  if (random.oneIn(8)) return minute;
  return `${minute}:${part(random, 59)}${random.oneIn(2) ? aFraction(random, digits) : ''}`;
}

/** 7 to 9 digits everywhere, as many programs write them. */
const fractions = (time: string): string[] =>
  Array.from({ length: 10 }, (_, n) => [
    `${time}.${'9'.repeat(n)}`,
    `${time}.${'0'.repeat(n)}`,
    `${time}.${'1'.padStart(n, '0')}`,
  ]).flat();

export function dates(): Values {
  return { valid: (random) => aDate(random), edges: DATE_EDGES };
}

export function times(digits: number, zoned = false): Values {
  const zones = zoned ? [...ZONES, ...ODD_ZONES] : ['Z', '+00', '+01:00'];
  return {
    valid: (random) => aTime(random, digits) + (zoned && random.oneIn(2) ? random.pick(ZONES) : ''),
    edges: [
      ...TIME_EDGES,
      ...fractions('23:59:59'),
      ...zones.map((zone) => `12:34:56${zone}`),
      ...zones.map((zone) => `12:34:56.5${zone}`),
    ],
  };
}

/** Hours of more than a day and a sign. */
export function spans(digits: number): Values {
  const { edges } = times(digits);
  return {
    valid: (random) => {
      const hours = random.oneIn(2) ? random.between(0, 838) : random.between(0, 24);
      const sign = random.oneIn(3) ? '-' : '';
      const text = `${two(hours)}:${part(random, 59)}:${part(random, 59)}`;
      return sign + text + (hours < 838 ? aFraction(random, digits) : '');
    },
    edges,
  };
}

export interface DatetimeValues {
  readonly digits: number;
  /** Offsets are for columns with a zone. */
  readonly zoned: boolean;
  readonly years?: readonly [number, number];
}

export function datetimes({ digits, zoned, years = [1, 9999] }: DatetimeValues): Values {
  const ownZones = zoned ? ZONES : ZONES.slice(0, 7);
  const valid = (random: Random): string => {
    const separator = random.oneIn(20) ? 't' : random.pick(['T', ' ']);
    const zone = random.oneIn(2) ? random.pick(ownZones) : '';
    return `${aDate(random, ...years)}${separator}${aTime(random, digits)}${zone}`;
  };
  const days = spaced(
    '0001-01-01 1000-01-01 1969-12-31 1970-01-01 2000-02-29 2020-12-31 2038-01-19 9999-12-31',
  );
  const limits = [
    '1970-01-01T00:00:00Z',
    '1970-01-01T00:00:00.000001',
    '1970-01-01T00:00:01',
    '2038-01-19 03:14:07',
    '2038-01-19 03:14:08',
  ];
  const instants = [
    '2038-01-19 04:14:07+01:00',
    '2038-01-19 04:14:08+01:00',
    '1969-12-31T20:00:01-04:00',
    '2038-01-19 03:14:07.999999',
  ];
  return {
    valid,
    edges: [
      ...DATE_EDGES,
      ...DATE_EDGES.map((date) => `${date}T12:34:56`),
      ...TIME_EDGES.map((time) => `2021-06-30T${time}`),
      ...[...ZONES, ...ODD_ZONES].flatMap((zone) => days.map((day) => `${day} 23:30:00${zone}`)),
      ...[...ZONES, ...ODD_ZONES].flatMap((zone) => days.map((day) => `${day}T00:15${zone}`)),
      ...fractions('2021-12-31T23:59:59'),
      ...fractions('9999-12-31 23:59:59'),
      ...limits,
      ...instants,
      ...spaced('2021-06-30_12:00 2021-06-30T T12:00 2016-12-31T23:59:60Z 1623456789 2021-06-30t12:00z'),
      ...['2021-06-30  12:00'],
    ],
  };
}

/** As PostgreSQL writes them itself in the style postgres. */
export function namedDuration(random: Random): string {
  const amount = (): string => `${random.oneIn(4) ? '-' : random.oneIn(6) ? '+' : ''}${random.below(400)}`;
  const units = [
    random.pick(['year', 'years']),
    random.pick(['mon', 'mons', 'month', 'months']),
    'day',
    'days',
  ];
  const days = units.slice(0, 3).filter(() => random.oneIn(2));
  const named = days.map((unit) => `${amount()} ${unit}${unit === 'day' && random.oneIn(2) ? 's' : ''}`);
  if (named.length > 0 && random.oneIn(2)) return named.join(' ');
  return [
    ...named,
    `${amount()}:${part(random, 59)}:${part(random, 59)}${aFraction(random, 6).slice(0, 7)}`,
  ].join(' ');
}

/** ISO 8601 durations. */
export function durations(digits: number): Values {
  const some = (random: Random, unit: string): string =>
    random.oneIn(2) ? '' : `${random.oneIn(5) ? '-' : ''}${random.between(0, 400)}${unit}`;
  return {
    valid: (random) => {
      const days = some(random, 'Y') + some(random, 'M') + some(random, 'D');
      const seconds =
        digits === 0 ? '' : `${random.below(60)}${aFraction(random, Math.min(digits, 6)).slice(0, 7)}S`;
      const time = some(random, 'H') + some(random, 'M') + seconds;
      return days + time === '' ? 'PT0S' : `P${days}${time === '' ? '' : `T${time}`}`;
    },
    edges: [
      ...spaced('1:02:03 -1:02:03.123456 P1Y2M3DT4H5M6.789S PT1.2345678S 00:00:00.0000001 1-2 5 PT P'),
      ...spaced('PT36H P1W 00:00:01.239 00:01:59 infinity PT0.005S'),
      ...[
        '1 year 2 months',
        '3 days ago',
        '1 day 00:00:01.5',
        '1.5 days',
        '1 week',
        '1 sec',
        '@ 1 minute',
        '178000000 years',
        '1 12:30:45',
        '1 day 12:34:56',
        '10 milliseconds',
        '1 fortnight',
        '1 minute 30 seconds',
      ],
    ],
  };
}
