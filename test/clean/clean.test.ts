import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clean } from '../../src/clean/clean.ts';
import type { CleanOptions, CleanReport } from '../../src/clean/report.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-clean-'));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Cleaned extends CleanReport {
  readonly text: string;
}

async function cleaned(content: string | Uint8Array, options: CleanOptions = {}): Promise<Cleaned> {
  const path = join(folder, 'in.csv');
  const out = join(folder, 'out.csv');
  await writeFile(path, content);
  const report = await clean(path, { ...options, out });
  assert.equal(report.records, report.written + report.rejected);
  return { ...report, text: await readFile(out, 'utf8') };
}

const rejectsOf = ({ rejects }: CleanReport) => rejects.map(({ record, line, code }) => [record, line, code]);

/** Rows of five columns whose shapes differ; enough to know them. */
function goods(rows: number): string[] {
  return Array.from(
    { length: rows },
    (_, row) =>
      `${100 + row},${10 + (row % 18)}/03/2021,${row % 7}.${10 + row},Thing ${row % 5},"Sold, ${row}"`,
  );
}
const HEADER = 'id,day,price,name,note';

describe('a file as it should be', () => {
  test('stays byte for byte as it is, quoted fields and empty ones included', async () => {
    const text = 'a,b,c\n1,"x, y",\n2,"",z\n3,"a ""b""\nc",""\n';
    const { text: out, ...report } = await cleaned(text);
    assert.equal(out, text);
    assert.deepEqual(report.header, ['a', 'b', 'c']);
    assert.deepEqual([report.records, report.written, report.repaired, report.rejected], [3, 3, 0, 0]);
    assert.deepEqual(report.rejects, []);
  });

  test('CRLF, CR, blank lines and a missing last line end become LF', async () => {
    const { text } = await cleaned('\ufeffa,b\r\n1,"x\r\ny"\r\n\r\n2,z\r3,w');
    assert.equal(text, 'a,b\n1,"x\r\ny"\n2,z\n3,w\n');
  });

  test('an empty file is no error', async () => {
    const { text, header, records } = await cleaned('');
    assert.deepEqual([text, header, records], ['', null, 0]);
  });

  test('only a header, with names that have to be quoted and one that is empty', async () => {
    const { text, header } = await cleaned('"a,b",,"c ""d"""');
    assert.equal(text, '"a,b",,"c ""d"""\n');
    assert.deepEqual(header, ['a,b', '', 'c "d"']);
  });
});

describe('other dialects', () => {
  const written = 'a,b\n1,"x, y"\n2,"say ""hi"""\n';

  for (const [name, content, dialect] of [
    ['semicolons', 'a;b\n1;x, y\n2;"say ""hi"""\n', { delimiter: ';' }],
    ['a delimiter of two characters', 'a||b\n1||x, y\n2||say "hi"\n', { delimiter: '||', quoteChar: null }],
    ['apostrophes', "a,b\n1,'x, y'\n2,'say \"hi\"'\n", { quoteChar: "'" }],
    ['backslashes', 'a,b\n1,"x, y"\n2,"say \\"hi\\""\n', { escapeChar: '\\', doubleQuote: false }],
    ['a preamble', 'Report\nof 2021\na,b\n1,"x, y"\n2,"say ""hi"""\n', { skipRows: 2 }],
    ['a footer', 'a,b\n1,"x, y"\n2,"say ""hi"""\ntotal,2\n', { skipFooterRows: 1 }],
    ['comments', 'a,b\n# one\n1,"x, y"\n2,"say ""hi"""\n', { commentChar: '#' }],
  ] as const) {
    test(name, async () => {
      const { text, rejects } = await cleaned(content, { dialect });
      assert.equal(text, written);
      assert.deepEqual(rejects, []);
    });
  }

  test('encodings: UTF-16 by its mark, windows-1252 where it is declared', async () => {
    const text = 'name,town\nZoë,Malmö\n';
    const marked = await cleaned(Buffer.from(`\ufeff${text}`, 'utf16le'));
    assert.equal(marked.text, text);
    assert.equal(marked.dialect.encoding, 'utf-16le');
    const latin = await cleaned(Buffer.from(text, 'latin1'), { dialect: { encoding: 'windows-1252' } });
    assert.equal(latin.text, text);
  });

  test('without a header the records stand alone', async () => {
    const { text, header, records } = await cleaned('1;a\n2;b\n', {
      dialect: { delimiter: ';', header: false },
    });
    assert.deepEqual([text, header, records], ['1,a\n2,b\n', null, 2]);
  });

  test('a header of several rows is joined', async () => {
    const { header, text } = await cleaned('total,total,\n2020,2021,note\n1,2,x\n', {
      dialect: { headerRows: [1, 2] },
    });
    assert.deepEqual(header, ['total 2020', 'total 2021', 'note']);
    assert.equal(text, 'total 2020,total 2021,note\n1,2,x\n');
  });

  test('what is not declared is sniffed with auto', async () => {
    const rows = goods(30).map((row) => row.replaceAll('"', '').replaceAll(', ', ' ').replaceAll(',', ';'));
    const { text, dialect } = await cleaned([HEADER.replaceAll(',', ';'), ...rows, ''].join('\r\n'), {
      auto: true,
    });
    assert.equal(dialect.delimiter, ';');
    assert.equal(dialect.ragged, 'repair');
    assert.equal(text.split('\n')[1], '100,10/03/2021,0.10,Thing 0,Sold 0');
  });
});

describe('broken records', () => {
  test('too few and too many fields are reported with record and line', async () => {
    const report = await cleaned('a,b\n1,"x\ny"\n2\n3,z,w\n4,v\n');
    assert.equal(report.text, 'a,b\n1,"x\ny"\n4,v\n');
    assert.deepEqual(rejectsOf(report), [
      [2, 4, 'columns.few'],
      [3, 5, 'columns.many'],
    ]);
  });

  test('pad and trim', async () => {
    const content = 'a,b\n1\n2,x,,\n3,y,z\n';
    const padded = await cleaned(content, { dialect: { ragged: 'pad' } });
    assert.equal(padded.text, 'a,b\n1,\n');
    assert.deepEqual(
      rejectsOf(padded).map(([record]) => record),
      [2, 3],
    );
    const trimmed = await cleaned(content, { dialect: { ragged: 'trim' } });
    assert.equal(trimmed.text, 'a,b\n2,x\n');
    assert.deepEqual(
      rejectsOf(trimmed).map(([record]) => record),
      [1, 3],
    );
  });

  test('a stray quote is data', async () => {
    const rows = goods(20);
    const broken = rows
      .with(7, '107,"17/03/2021,0.17,Thing 2,"Sold, 7"')
      .with(9, '109,19/03/2021,2.19,Thing 4,""Sold, 9"');
    const report = await cleaned([HEADER, ...broken, ''].join('\n'));
    const lines = report.text.split('\n');
    assert.equal(lines[8], '107,"""17/03/2021",0.17,Thing 2,"Sold, 7"');
    assert.equal(lines[10], '109,19/03/2021,2.19,Thing 4,"""Sold, 9"');
    assert.deepEqual([report.written, report.repaired, report.rejects], [20, 2, []]);
  });

  test('a quote that opens nothing at the end of a line costs no other record', async () => {
    const rows = goods(20).with(5, '105,15/03/2021,5.15,Thing 0,"');
    const report = await cleaned([HEADER, ...rows, ''].join('\n'));
    assert.equal(report.written, 20);
    assert.equal(report.text.split('\n')[6], '105,15/03/2021,5.15,Thing 0,""""');
    assert.equal(report.text.split('\n')[7], goods(20)[6]);
  });

  test('a record that fits no reading is left out, and the next line is read', async () => {
    const rows = goods(20).with(5, '"x"y"z","');
    const report = await cleaned([HEADER, ...rows, ''].join('\n'), { dialect: { ragged: 'repair' } });
    assert.deepEqual([report.written, rejectsOf(report)], [19, [[6, 7, 'quote.stray']]]);
    assert.equal(report.text.split('\n')[6], goods(20)[6]);
  });

  test('repair aligns a record with a delimiter too few, too many, or another one', async () => {
    const rows = goods(40);
    const broken = rows
      .with(3, '10313/03/2021,3.13,Thing 3,"Sold, 3"')
      .with(11, '111,,21/03/2021,4.21,Thing 1,"Sold, 11"')
      .with(20, '120 12/03/2021 6.30 Thing 0 "Sold, 20"');
    const report = await cleaned([HEADER, ...broken, ''].join('\n'), { dialect: { ragged: 'repair' } });
    assert.equal(report.text, [HEADER, ...rows, ''].join('\n'));
    assert.deepEqual([report.repaired, report.rejects], [3, []]);
    const strict = await cleaned([HEADER, ...broken, ''].join('\n'));
    assert.deepEqual([strict.written, strict.rejected], [37, 3]);
  });

  test('bytes that are not of the encoding, and NUL', async () => {
    const latin = await cleaned(Buffer.from('a,b\n1,é\n2,x\n3,\0\n', 'latin1'));
    assert.equal(latin.text, 'a,b\n2,x\n');
    assert.deepEqual(rejectsOf(latin), [
      [1, 2, 'encoding'],
      [3, 4, 'nul'],
    ]);
  });

  test('a header with a stray quote, and one with a delimiter too many', async () => {
    const quoted = await cleaned([HEADER.replace('day', '"day'), ...goods(5), ''].join('\n'));
    assert.deepEqual(quoted.header, ['id', '"day', 'price', 'name', 'note']);
    assert.equal(quoted.written, 5);
    const more = await cleaned([`,${HEADER}`, ...goods(5), ''].join('\n'), { dialect: { ragged: 'repair' } });
    assert.deepEqual(more.header, HEADER.split(','));
    assert.deepEqual(more.rejects, []);
  });

  test('a header that does not fit the records is said', async () => {
    const report = await cleaned([HEADER.replace('id,day', 'idday'), ...goods(5), ''].join('\n'), {
      dialect: { ragged: 'repair' },
    });
    assert.deepEqual(rejectsOf(report), [[0, 1, 'columns.few']]);
    assert.equal(report.written, 5);
  });
});

describe('several tables in one file', () => {
  const content = 'a,b,c\n1,x,u\n2,y,v\na,b\n3,z\n4,w\n';

  test('only the first is written, the rest is reported', async () => {
    const report = await cleaned(content);
    assert.equal(report.text, 'a,b,c\n1,x,u\n2,y,v\n');
    assert.deepEqual(rejectsOf(report), [
      [3, 4, 'table.other'],
      [4, 5, 'table.other'],
      [5, 6, 'table.other'],
    ]);
  });

  test('all of them, as of files that were put together', async () => {
    const report = await cleaned('a,b\n1,x\na,b\n2,y\n', { tables: 'all' });
    assert.equal(report.text, 'a,b\n1,x\n2,y\n');
    assert.deepEqual([report.records, report.rejects], [2, []]);
  });
});

test('the file that came is never written over, also under another name', async () => {
  const path = join(folder, 'same.csv');
  await writeFile(path, 'a\n1\n');
  await symlink(path, join(folder, 'alias.csv'));
  for (const out of [path, join(folder, 'alias.csv')]) {
    await assert.rejects(clean(path, { out }), { code: 'usage' });
  }
  assert.equal(await readFile(path, 'utf8'), 'a\n1\n');
});

test('a failure leaves no file behind', async () => {
  const inside = await mkdtemp(join(folder, 'out-'));
  const out = join(inside, 'x.csv');
  await assert.rejects(clean(join(folder, 'missing.csv'), { out }), { code: 'file-unreadable' });
  await writeFile(join(folder, 'in.csv'), 'a\n1\n');
  const stopped = AbortSignal.abort(new Error('stopped'));
  await assert.rejects(clean(join(folder, 'in.csv'), { out, signal: stopped }), /stopped/);
  assert.deepEqual(await readdir(inside), []);
});

test('more than fits one piece: records at the edges come out whole and in order', async () => {
  const rows = Array.from(
    { length: 90_000 },
    (_, row) => `${row},"a, ${'x'.repeat(row % 97)}",${row % 7 === 0 ? '""' : ''}`,
  );
  const content = ['a,b,c', ...rows, ''].join('\n');
  const { text, written } = await cleaned(content);
  assert.equal(written, rows.length);
  assert.ok(text === content);
  const other = await cleaned(content.replaceAll(',', ';').replaceAll('a; ', 'a, '), {
    dialect: { delimiter: ';' },
  });
  assert.ok(other.text === content, 'semicolons');
});
