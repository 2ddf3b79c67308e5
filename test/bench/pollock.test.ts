import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cleaned, dialectOf, scoreOf } from '../../bench/pollock/pollock.ts';
import { type Polluted, pollutedFiles } from '../../bench/pollock/pollute.ts';
import { type FileScore, measures, total } from '../../bench/pollock/score.ts';
import type { CleanOptions } from '../../src/clean/report.ts';

const FILES = [...pollutedFiles()];
/** All files that are polluted as a whole, and every 29th of those of which a row is. */
const SOME = FILES.filter(({ name }, at) => !name.startsWith('row_') || at % 29 === 0);

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-pollock-'));
});
after(() => rm(folder, { recursive: true, force: true }));

async function scores(
  files: readonly Polluted[],
  options: (file: Polluted) => CleanOptions,
): Promise<FileScore[]> {
  const found: FileScore[] = [];
  for (const file of files) found.push(scoreOf(file, await cleaned(file, folder, options(file))));
  return found;
}

/** The score as if each of the files looked at stood for those that were not. */
function extrapolated(found: readonly FileScore[]): { simple: number; weighted: number } {
  const rows = found.filter(({ name }) => name.startsWith('row_'));
  const factor = FILES.filter(({ name }) => name.startsWith('row_')).length / rows.length;
  return total(
    found.flatMap((each) =>
      rows.includes(each) ? Array.from({ length: Math.round(factor) }, () => each) : [each],
    ),
  );
}

describe('the files', () => {
  test('are as many, and weigh as much, as those of the survey', () => {
    assert.equal(FILES.length, 2290);
    assert.equal(new Set(FILES.map(({ name }) => name)).size, 2290);
    const weight = FILES.reduce((sum, each) => sum + each.weight, 0);
    assert.ok(Math.abs(weight - 4450.15) < 0.01);
  });

  test('differ from the source in what their name says', () => {
    const contentOf = (name: string) => FILES.find((file) => file.name === `${name}.csv`)?.content ?? '';
    const [header] = contentOf('source').split('\r\n');
    assert.equal(contentOf('row_more_sep_row0_col0').split('\r\n')[0], `,${header}`);
    assert.equal(contentOf('row_less_sep_row0_col1').split('\r\n')[0], header?.replace(',', ''));
    assert.equal(contentOf('row_extra_quote0_col0').split('\r\n')[0], `"${header}`);
    assert.equal(contentOf('row_field_delimiter_0_0x20').split('\r\n')[0], header?.replaceAll(',', ' '));
    assert.equal(contentOf('file_no_payload'), '');
    assert.ok(!contentOf('file_no_trailing_newline').endsWith('\n'));
  });
});

describe('the score', () => {
  const clean = [
    ['a', 'b'],
    ['1', 'x'],
    ['2', 'y'],
  ];

  test('is 10 for the same rows, and for a file that holds nothing', () => {
    assert.deepEqual(measures(clean, clean), Array(10).fill(1));
    assert.deepEqual(measures([], [['junk']]), Array(10).fill(1));
  });

  test('is 0 where the program gave up', () => {
    assert.deepEqual(measures(clean, null), Array(10).fill(0));
  });

  test('counts what is missing and what is too much', () => {
    const [success, , , header, precision, recall, , cells] = measures(clean, [
      ['a', 'b'],
      ['1', 'x'],
    ]);
    assert.deepEqual([success, header, precision, recall], [1, 1, 0.5, 1]);
    assert.ok(Math.abs((cells ?? 0) - 4 / 6) < 1e-9);
  });

  test('weighs files by how often such were seen', () => {
    const files = [
      { name: 'a', weight: 3, score: 10 },
      { name: 'b', weight: 1, score: 6 },
    ];
    assert.deepEqual(total(files), { simple: 8, weighted: 9 });
  });
});

test('clean, told the parameters, scores at least 9.975, weighted 9.97', async () => {
  const found = await scores(SOME, ({ parameters }) => ({ dialect: dialectOf(parameters) }));
  const { simple, weighted } = extrapolated(found);
  assert.ok(simple >= 9.975, `simple ${simple}`);
  assert.ok(weighted >= 9.97, `weighted ${weighted}`);
});

test('clean with auto scores at least 9.85, weighted 9.7', async () => {
  const { simple, weighted } = extrapolated(await scores(SOME, () => ({ auto: true })));
  assert.ok(simple >= 9.85, `simple ${simple}`);
  assert.ok(weighted >= 9.7, `weighted ${weighted}`);
});

test('where it may not repair, it leaves out what it cannot know, and writes no row that was not there', async () => {
  for (const file of SOME.filter(({ name }) => name.startsWith('row_'))) {
    const rows = await cleaned(file, folder, {
      dialect: { ...dialectOf(file.parameters), ragged: 'reject' },
    });
    const known = new Set(file.clean.map((row) => JSON.stringify(row)));
    const foreign = (rows ?? []).slice(1).filter((row) => !known.has(JSON.stringify(row)));
    assert.deepEqual(foreign, [], file.name);
  }
});
