import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { csvRecord } from '../../../src/csv/write.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import type { Table } from '../../../src/model/table.ts';
import { cidrs, hardwareAddresses, inets } from '../../property/network-values.ts';
import { Random } from '../../property/random.ts';
import { durations, namedDuration } from '../../property/time-values.ts';
import { nextValue, type Values } from '../../property/values.ts';
import { connectionTo, databaseOf, listIn, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/**
 * Encoders of fields that only the database can judge. Whatever spelling such an encoder reads, the database takes and
 * reads alike; one that it does not read sends its batch as text.
 */

const DRAWN = 4000;
const SEED = process.env.ENCODE_SEED ?? randomBytes(4).toString('hex');
const MOSTLY_ODD = { empty: 5, edges: 300, mutations: 500, garbage: 50 };

interface Kind {
  readonly type: string;
  readonly values: Values;
  /** Spellings that go in binary form, and some that do not. */
  readonly read: readonly string[];
  readonly unread: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    type: 'inet',
    values: inets,
    read: [
      '1.2.3.4',
      '10.0.0.1/8',
      '0.0.0.0/0',
      '::',
      '::1/128',
      '1::',
      '1:2:3:4:5:6:7::',
      '::2:3:4:5:6:7:8',
    ].concat(['::ffff:1.2.3.4', '1:2:3:4:5:6:7.8.9.10/96', '2001:DB8::a', 'fe80::0001']),
    unread: [
      '',
      '10.1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.4/33',
      '1.2.3.4/',
      '1.2.3.4/08',
    ]
      .concat([
        '::/129',
        ':::',
        '1::2::3',
        '1:2:3:4:5:6:7',
        '1:2:3:4:5:6:7:8:9',
        '1:2:3:4:5:6:7:8::',
        ':1',
        '1:',
      ])
      .concat(['::12345', '1.2.3.4::', '::1.2.3', '1:2:3:4:5:6:7:1.2.3.4', '::1%eth0', ' ::1', '::g', '/8']),
  },
  {
    type: 'cidr',
    values: cidrs,
    read: [
      '10.0.0.0/8',
      '1.2.3.4',
      '224.0.0.0',
      '0.0.0.0/0',
      '1.2.3.4/31',
      '::/0',
      '1::/16',
      '::1',
      '8000::/1',
    ],
    unread: ['10.0.0.1/8', '10', '10.1/16', '1.2.3.6/30', '1.2.3.5/31', '::1/127', '4000::/1', '1::1/64'],
  },
  {
    type: 'macaddr',
    values: hardwareAddresses,
    read: ['08:00:2b:01:02:03', '08-00-2B-01-02-03', 'FF:ff:Ff:00:00:00'],
    unread: [
      '08:00-2b:01:02:03',
      '08002b:010203',
      '0800.2b01.0203',
      '08:00:2b:01:02',
      '08:00:2b:01:02:0g',
      '',
    ].concat(['08:00:2b:01:02:03:04:05', '08:00:2b:01:02:03 ']),
  },
  {
    type: 'interval',
    values: {
      valid: (random) => (random.oneIn(2) ? durations(6).valid(random) : namedDuration(random)),
      edges: durations(6).edges,
    },
    read: [
      'P1Y2M3DT4H5M6.789S',
      'PT0S',
      'PT-0.5S',
      'P-1M',
      'PT36H',
      'P400D',
      'P1YT-1H',
      '1 year 2 mons 3 days 04:05:06.789',
    ]
      .concat([
        '00:00:00',
        '1:02:03',
        '-1:02:03.123456',
        '-00:00:00.5',
        '100:00:00',
        '+1 day',
        '-1 years +2 mons -3 days',
      ])
      .concat(['1 mon -00:00:01', '2 months', '178956970 years', '999999999 days', '1 day +01:00:00']),
    unread: [
      '',
      'P',
      'PT',
      'P1',
      'P1DT',
      'P1W',
      'P1.5D',
      'PT1.5H',
      'PT1.1234567S',
      'PT1.S',
      'PT.5S',
      'p1d',
      'P+1D',
      'PT+1H',
      'P1D1Y',
      'P1Y1Y',
    ]
      .concat([
        '1',
        '5 years ago',
        '@ 1 day',
        '1.5 days',
        '1 week',
        '1 day 02:00',
        '02:00',
        '1:2:3',
        '00:60:00',
        '00:00:60',
      ])
      .concat([
        '1  day',
        '1 day ',
        ' 1 day',
        '1 DAY',
        '1 day 2 years',
        '1 day 1 day',
        '1day',
        '- 1 day',
        '1 year-1 day',
      ])
      .concat([
        '178956971 years',
        '1000000000 days',
        '9999999:00:00',
        '00:00:00 1 day',
        '1 d',
        'P0001-02-03T04:05:06',
        '--1 day',
      ]),
  },
];

/** Whether a batch of this value alone is encoded in the binary format. */
function isRead(table: Table, text: string): boolean {
  const bytes = new TextEncoder().encode(csvRecord(['0', text]));
  const columns = ['n', 'v'];
  const { encoded } = new Preparer(postgresEngine).csv({ bytes, table, last: true, columns, dialect: {} });
  return encoded.rows === 1 && encoded.layout?.starts[0] !== 0;
}

for (const { type, values, read, unread } of KINDS) {
  test(`${type}: the database takes every spelling that goes in binary form, and reads it alike`, async () => {
    const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
    const table = (await (await connectionTo(url)).introspect()).find(({ name }) => name === 't');
    assert.ok(table);
    assert.deepEqual(
      [read.filter((text) => !isRead(table, text)), unread.filter((text) => isRead(table, text))],
      [[], []],
    );
    const random = new Random(`${SEED} ${type}`);
    const drawn = Array.from({ length: DRAWN }, () => nextValue(random, values, MOSTLY_ODD));
    const texts = [...read, ...drawn.filter((text) => typeof text === 'string' && isRead(table, text))];
    const loaded = await load(url, texts.map((text, n) => csvRecord([String(n), String(text)])).join(''));
    assert.deepEqual([loaded.strategy, loaded.errors], ['copy-binary', []], SEED);
    const stored = await listIn(url, 'SELECT v::text FROM t ORDER BY n');
    const list = JSON.stringify(texts).replaceAll("'", "''");
    const cast = await listIn(
      url,
      `SELECT (value::${type})::text FROM json_array_elements_text('${list}') AS value`,
    );
    texts.forEach((text, n) => {
      assert.deepEqual([text, stored[n]], [text, cast[n]], SEED);
    });
  });

  test(`${type}: one other spelling sends its batch as text, for the database to judge`, async () => {
    const url = await databaseOf(`CREATE TABLE t (n int, v ${type})`);
    const texts = [...read, ...unread];
    const loaded = await load(url, texts.map((text, n) => csvRecord([String(n), text])).join(''));
    assert.match(loaded.strategy, /^copy-text/);
    assert.ok(loaded.rejects.every(({ errors: [error] }) => error?.code === 'database'));
    const kept = (await valuesIn(url, 'SELECT n, v::text FROM t')).map(([n, v]) => [texts[Number(n)], v]);
    assert.equal(kept.length + loaded.rejects.length, texts.length);
    assert.ok(kept.length >= read.length);
  });
}
