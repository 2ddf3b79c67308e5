import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvRecord } from '../../../src/csv/write.ts';
import { databaseOf, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/** Whatever is loaded is what the database itself makes of the same text, which stands beside it. */

const digits = (max: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^\\d{1,${max}}$`));
const sign = fc.constantFrom('', '-', '+');
const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

const integer = (bits: bigint): fc.Arbitrary<string> =>
  fc.oneof(
    fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }).map(String),
    fc
      .tuple(sign, fc.constantFrom('', '0', '00000000000000000000'), digits(3))
      .map((parts) => parts.join('')),
  );

const decimal = (whole: number, scale: number): fc.Arbitrary<string> =>
  fc
    .tuple(
      sign,
      fc.constantFrom('', '0', '000'),
      digits(whole),
      fc.option(fc.oneof(fc.constant(''), digits(scale))),
    )
    .map(([mark, zeros, before, after]) => `${mark}${zeros}${before}${after === null ? '' : `.${after}`}`);

const float = (bits: 32 | 64): fc.Arbitrary<string> =>
  fc.oneof(
    (bits === 32 ? fc.float : fc.double)({ noNaN: true, noDefaultInfinity: true }).map((n) => `${n}`),
    decimal(20, 20),
    fc.tuple(decimal(8, 8), fc.integer({ min: -20, max: 20 })).map(([n, e]) => `${n}e${e}`),
  );

const date = fc
  .date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true })
  .map((day) => day.toISOString().slice(-24, -14).padStart(10, '0'));

const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.option(fc.nat(59)), fc.option(digits(6)))
  .map(([h, m, s, f]) => `${pad(h)}:${pad(m)}${s === null ? '' : `:${pad(s)}${f === null ? '' : `.${f}`}`}`);

const zone = fc.oneof(
  fc.constantFrom('', 'Z'),
  fc
    .tuple(fc.constantFrom('+', '-'), fc.nat(15), fc.nat(59), fc.constantFrom('hm', 'h:m', 'h'))
    .map(([mark, h, m, form]) => mark + form.replace('h', pad(h)).replace('m', pad(m))),
);

const datetime = fc.tuple(date, fc.constantFrom('T', ' '), time).map((parts) => parts.join(''));
const text = fc.string({ unit: 'binary', maxLength: 80 }).map((s) => s.replaceAll('\0', '').toWellFormed());
const hex = fc
  .tuple(fc.constantFrom('\\x', '0x', ''), fc.uint8Array({ maxLength: 60 }))
  .map(([mark, bytes]) => mark + Buffer.from(bytes).toString('hex'));

const upperOrLower = (word: string, upper: boolean): string => (upper ? word.toUpperCase() : word);
const version4 = fc.ipV4();
const version6 = fc.tuple(fc.ipV6(), fc.boolean()).map(([address, upper]) => upperOrLower(address, upper));
const inet = fc.oneof(fc.tuple(version4, fc.option(fc.nat(32))), fc.tuple(version6, fc.option(fc.nat(128))));

/** No bit behind the prefix. */
const cidr = fc.oneof(
  version4,
  version6,
  fc.tuple(fc.nat(255), fc.integer({ min: 8, max: 32 })).map(([octet, bits]) => `${octet}.0.0.0/${bits}`),
  fc
    .tuple(fc.nat(0xffff), fc.integer({ min: 16, max: 128 }))
    .map(([group, bits]) => `${group.toString(16)}::/${bits}`),
  fc.constantFrom('0.0.0.0/0', '::/0', '255.255.255.254/31', '::ffff:1.2.3.0/120'),
);

const macaddr = fc
  .tuple(fc.uint8Array({ minLength: 6, maxLength: 6 }), fc.constantFrom(':', '-'), fc.boolean())
  .map(([bytes, mark, upper]) =>
    upperOrLower(Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(mark), upper),
  );

interface Kind {
  readonly type: string;
  readonly values: fc.Arbitrary<string>;
  /** The database's own reading of the text \`raw\`. */
  readonly oracle?: string;
}

const KINDS: readonly Kind[] = [
  { type: 'int2', values: integer(16n) },
  { type: 'int4', values: integer(32n) },
  { type: 'int8', values: integer(64n) },
  { type: 'numeric', values: decimal(40, 40) },
  { type: 'numeric(12,4)', values: decimal(8, 4) },
  { type: 'float4', values: float(32) },
  { type: 'float8', values: float(64) },
  { type: 'bool', values: fc.constantFrom('t', 'f', 'TRUE', 'False', '0', '1') },
  { type: 'text', values: text },
  { type: 'varchar(80)', values: text.map((s) => [...s].slice(0, 80).join('')) },
  { type: 'bytea', values: hex, oracle: "decode(regexp_replace(raw, '^(\\\\x|0x)', ''), 'hex')" },
  { type: 'date', values: date },
  { type: 'time', values: time },
  { type: 'timetz', values: fc.tuple(time, zone).map((parts) => parts.join('')) },
  {
    type: 'timestamp',
    values: fc.tuple(datetime, fc.constantFrom('', 'Z', '+00', '-00:00')).map((parts) => parts.join('')),
  },
  { type: 'timestamptz', values: fc.tuple(datetime, zone).map((parts) => parts.join('')) },
  {
    type: 'uuid',
    values: fc.oneof(
      fc.uuid(),
      fc.uuid().map((id) => id.toUpperCase()),
    ),
  },
  { type: 'json', values: fc.json() },
  { type: 'jsonb', values: fc.json() },
  { type: 'mood', values: fc.constantFrom('new', '', 'a "b"') },
  { type: 'price', values: decimal(4, 2) },
  {
    type: 'inet',
    values: inet.map(([address, bits]) => (bits === null ? address : `${address}/${bits}`)),
  },
  { type: 'cidr', values: cidr },
  { type: 'macaddr', values: macaddr },
];

const TYPES = `CREATE TYPE mood AS ENUM ('new', '', 'a "b"'); CREATE DOMAIN price AS numeric(6,2)`;

for (const { type, values, oracle = `raw::${type}` } of KINDS) {
  test(`${type}: any values, NULLs among them, go in binary form and are what the database reads in them`, async () => {
    const url = await databaseOf(`${TYPES}; CREATE TABLE t (raw text, v ${type}, n int)`);
    const rows = fc.array(fc.option(values, { freq: 8 }), { maxLength: 500, size: 'max' });
    await fc.assert(
      fc.asyncProperty(rows, async (batch) => {
        await run(url, 'TRUNCATE t');
        const csv = batch.map((value, i) => csvRecord([value, value, String(i)])).join('');
        const { counts, rejects, strategy } = await load(url, csv);
        assert.equal(strategy, 'copy-binary');
        assert.deepEqual(
          rejects
            .map(({ index, errors }) => [batch[index], errors[0]?.code])
            .filter(([, code]) => code !== 'range'),
          [],
        );
        assert.deepEqual(
          await valuesIn(
            url,
            `SELECT raw, v::text, (${oracle})::text AS read FROM t WHERE v::text IS DISTINCT FROM (${oracle})::text`,
          ),
          [],
        );
        const bad = new Set(rejects.map(({ index }) => index));
        const present = batch.filter((value, i) => value !== null && !bad.has(i)).length;
        assert.deepEqual(
          await valuesIn(url, 'SELECT count(*)::int AS rows, count(v)::int AS present FROM t'),
          [[counts.inserted, present]],
        );
      }),
      { numRuns: 8 },
    );
  });
}
