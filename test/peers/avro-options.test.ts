/** Backups of the codec zstandard and the profile standard: restored as any other, and who else reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompress } from 'node:zlib';
import avsc from 'avsc';
import { diffBackups } from '../../src/backup/diff.ts';
import { openTable } from '../../src/backup/open-table.ts';
import { contentOf as mysqlContentOf, mysqlHome } from '../backup/mysql/fixture.ts';
import { contentOf as postgresContentOf, postgresHome } from '../backup/postgres/fixture.ts';
import { lines, output } from './program.ts';

const ENGINES = [
  {
    name: 'PostgreSQL',
    open: postgresHome,
    contentOf: postgresContentOf,
    moment: 'timestamp',
    zoned: 'timestamptz',
  },
  {
    name: 'MySQL or MariaDB',
    open: mysqlHome,
    contentOf: mysqlContentOf,
    moment: 'datetime(6)',
    zoned: 'timestamp(6) NULL',
  },
] as const;

const tableOf = (moment: string, zoned: string) => `
  CREATE TABLE t (id integer PRIMARY KEY, name varchar(40), seen ${moment}, stamp ${zoned});
  INSERT INTO t VALUES (1, 'Zoë 😀', '2021-07-27 16:02:08.25', '2021-07-27 16:02:08'), (2, NULL, NULL, NULL),
    (3, '', '1969-12-31 23:59:59.999999', NULL);`;
const ROWS = ['1 Zoë 😀 1627401728250000', '2 None None', '3  -1'];

/** python3-avro takes zstandard where Python has the module of that name; here the program zstd stands in for it. */
const PYTHON = `
import io, subprocess, sys
import avro.codecs, avro.io
from avro.datafile import DataFileReader
class Zstandard(avro.codecs.NullCodec):
    @staticmethod
    def decompress(decoder):
        ran = subprocess.run(['zstd', '-dcq'], input=decoder.read_bytes(), stdout=subprocess.PIPE, check=True)
        return avro.io.BinaryDecoder(io.BytesIO(ran.stdout))
avro.codecs.KNOWN_CODECS['zstandard'] = Zstandard
with DataFileReader(open(sys.argv[1], 'rb'), avro.io.DatumReader()) as reader:
    for row in reader: print(row['id'], row['name'], row['seen'])
`;

const text = (value: unknown): string => (value === null ? 'None' : String(value));

for (const { name, open, contentOf, moment, zoned } of ENGINES) {
  test(`${name}: a backup in zstandard and local timestamps is restored, proven and compared as the usual one is`, async (t) => {
    const home = await open(t, tableOf(moment, zoned));
    const { backups, path, restore, run } = home;
    const before = await contentOf(home, 't');
    const [usual] = await backups.run(['t']);
    const [made] = await backups.run(['t'], undefined, { codec: 'zstandard', profile: 'standard' });
    assert.ok(usual !== undefined && made !== undefined);
    const manifest = JSON.parse(
      readFileSync(join(path, made.file.replace(/avro$/, 'manifest.json')), 'utf8'),
    );
    assert.deepEqual([manifest.codec, manifest.profile], ['zstandard', 'standard']);
    assert.equal((await backups.verify(made.id, null, 3)).state, 'verified');
    const [a, b] = [
      await openTable(join(path, usual.file), null),
      await openTable(join(path, made.file), null),
    ];
    assert.deepEqual((await diffBackups(a, b, { limit: 1 })).same, 3);
    await run("UPDATE t SET name = 'other'; DELETE FROM t WHERE id = 2");
    assert.equal((await restore('t', made.id)).rows, 3);
    assert.deepEqual(await contentOf(home, 't'), before);
  });

  test(`${name}: local timestamps are read by python3-avro, avsc and avrocat; zstandard by all but avrocat`, async (t) => {
    const { backups, path } = await open(t, tableOf(moment, zoned));
    for (const codec of ['deflate', 'zstandard'] as const) {
      const [made] = await backups.run(['t'], undefined, { codec, profile: 'standard' });
      const file = join(path, made?.file ?? '');
      const schema = readFileSync(file, 'latin1');
      assert.match(
        schema,
        /"name":"seen","type":\["null",\{"type":"long","logicalType":"local-timestamp-micros"\}\]/,
      );
      assert.match(
        schema,
        /"name":"stamp","type":\["null",\{"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true\}\]/,
      );
      assert.deepEqual(lines(output('python3', 'python3-avro', ['-c', PYTHON, file])), ROWS);
      const found: string[] = [];
      const codecs = { zstandard: zstdDecompress };
      const decoder = codec === 'zstandard' ? { codecs } : {};
      for await (const row of avsc.createFileDecoder(file, decoder))
        found.push([row.id, row.name, row.seen].map(text).join(' '));
      assert.deepEqual(found, ROWS);
      if (codec === 'zstandard') assert.notEqual(spawnSync('avrocat', [file]).status, 0);
      else assert.equal(JSON.parse(lines(output('avrocat', 'avro-bin', [file]))[2] ?? '').seen.long, -1);
    }
  });
}
