import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDescriptor } from '../../src/csv/descriptor.ts';

const ESCAPED = { delimiter: ';', doubleQuote: false, escapeChar: '\\' };

/** What a descriptor is, how it is written, what it says. */
const READ: readonly (readonly [name: string, descriptor: unknown, says: object])[] = [
  ['nothing', {}, {}],
  [
    'our own properties',
    { delimiter: ';', skipRows: 3, ragged: 'pad' },
    { delimiter: ';', skipRows: 3, ragged: 'pad' },
  ],
  ['a line end that is meant', { lineTerminator: '\r\n' }, { lineTerminator: '\r\n' }],
  [
    'Table Dialect of Data Package v2',
    {
      $schema: 'https://datapackage.org/profiles/2.0/tabledialect.json',
      header: true,
      headerRows: [1, 2],
      headerJoin: '-',
      commentRows: [3],
      delimiter: '\t',
      lineTerminator: '\r\n',
      nullSequence: '-',
    },
    {
      header: true,
      headerRows: [1, 2],
      headerJoin: '-',
      commentRows: [3],
      delimiter: '\t',
      nullSequence: '-',
    },
  ],
  [
    'CSV Dialect of Frictionless v1',
    {
      csvddfVersion: 1.2,
      delimiter: ';',
      lineTerminator: '\r\n',
      quoteChar: "'",
      doubleQuote: false,
      escapeChar: '\\',
      nullSequence: '\\N',
      skipInitialSpace: true,
      header: false,
      commentChar: '#',
      caseSensitiveHeader: true,
    },
    {
      ...ESCAPED,
      quoteChar: "'",
      nullSequence: '\\N',
      skipInitialSpace: true,
      header: false,
      commentChar: '#',
    },
  ],
  ['another line end than the usual', { csvddfVersion: 1.2, lineTerminator: '\r' }, { lineTerminator: '\r' }],
  [
    'a dialect of the Frictionless framework',
    { headerRows: [2], headerCase: false, csv: { delimiter: ';', lineTerminator: '\r\n' } },
    { headerRows: [2], delimiter: ';' },
  ],
  [
    'a resource of a data package',
    { name: 'jobs', path: 'jobs.csv', encoding: 'windows-1252', schema: {}, dialect: { delimiter: '|' } },
    { encoding: 'windows-1252', delimiter: '|' },
  ],
  ['a resource whose dialect is empty', { path: 'jobs.csv', dialect: {} }, {}],
  [
    'a dialect description of CSVW',
    {
      '@context': 'http://www.w3.org/ns/csvw',
      '@id': 'http://example.org/dialect',
      '@type': 'Dialect',
      commentPrefix: '#',
      delimiter: ';',
      doubleQuote: false,
      encoding: 'iso-8859-1',
      header: false,
      headerRowCount: 2,
      lineTerminators: ['\r\n', '\n'],
      quoteChar: null,
      skipBlankRows: true,
      skipColumns: 0,
      skipInitialSpace: true,
      skipRows: 4,
      trim: false,
    },
    {
      ...ESCAPED,
      commentChar: '#',
      encoding: 'iso-8859-1',
      header: true,
      headerRows: [1, 2],
      lineTerminator: null,
      quoteChar: null,
      skipBlankRows: true,
      skipInitialSpace: false,
      skipRows: 4,
    },
  ],
  ['CSVW: no header', { headerRowCount: 0 }, { header: false }],
  ['CSVW: header without a count', { '@type': 'Dialect', header: false }, { header: false }],
  ['CSVW: quotes doubled', { '@type': 'Dialect', doubleQuote: true }, { doubleQuote: true }],
  ['CSVW: one line end', { lineTerminators: '\n' }, { lineTerminator: '\n' }],
  ['CSVW: a list of one line end', { lineTerminators: ['\x1e'] }, { lineTerminator: '\x1e' }],
  ['CSVW: trim at the start', { trim: 'start', skipInitialSpace: false }, { skipInitialSpace: true }],
  ['CSVW: trim as a text', { trim: 'false' }, { skipInitialSpace: false }],
  [
    'CSVW: space after delimiters',
    { '@type': 'Dialect', skipInitialSpace: true },
    { skipInitialSpace: true },
  ],
  [
    'a table of CSVW',
    { '@context': 'http://www.w3.org/ns/csvw', url: 'jobs.csv', dialect: { commentPrefix: '%' } },
    { commentChar: '%' },
  ],
];

for (const [name, descriptor, says] of READ) {
  test(`read: ${name}`, () => assert.deepEqual(readDescriptor(descriptor), says));
}

const REFUSED: readonly (readonly [descriptor: unknown, message: RegExp])[] = [
  [null, /^the dialect is no JSON object/],
  [[], /^the dialect is no JSON object/],
  [';', /^the dialect is no JSON object/],
  [{ dialect: 'dialect.json' }, /^the descriptor's dialect is "dialect.json"; expected a JSON object/],
  [{ dialect: [] }, /^the descriptor's dialect is \[\]/],
  [{ skipColumns: 1 }, /^dialect\.skipColumns is 1; expected 0: all columns are read/],
  [{ trim: true }, /^dialect\.trim is true; expected false or "start"/],
  [{ trim: 'end' }, /^dialect\.trim is "end"/],
  [{ lineTerminators: [] }, /^dialect\.lineTerminators is \[\]/],
  [{ lineTerminators: ['\n', ';'] }, /^dialect\.lineTerminators is \["\\n",";"\]/],
  [{ lineTerminators: 7 }, /^dialect\.lineTerminator is 7/],
  [{ headerRowCount: -1 }, /^dialect\.headerRowCount is -1/],
  [{ headerRowCount: 1e9 }, /^dialect\.headerRowCount is 1000000000/],
  [{ '@type': 'Schema' }, /^dialect\.@type is "Schema"; expected "Dialect"/],
  [{ '@type': 'Dialect', comentPrefix: '#' }, /^dialect\.comentPrefix is no property of a dialect/],
  [{ '@type': 'Dialect', quoteChar: 'ab' }, /^dialect\.quoteChar is "ab"/],
  [{ csvddfVersion: 1.2, sheetName: 'x' }, /^dialect\.sheetName is no property/],
  [{ caseSensitiveHeader: 'yes' }, /^dialect\.caseSensitiveHeader is no property/],
  [{ csv: { delimeter: ';' } }, /^dialect\.delimeter is no property of a dialect; expected delimiter$/],
  [{ csv: ';' }, /^dialect\.csv is no property/],
  [{ path: 'jobs.csv' }, /^dialect\.path is no property/],
  [JSON.parse('{"__proto__":{"delimiter":";"}}'), /^dialect\.__proto__ is no property/],
  [JSON.parse('{"@type":"Dialect","__proto__":1,"constructor":2}'), /^dialect\.__proto__ is no property/],
];

for (const [descriptor, message] of REFUSED) {
  test(`refused: ${JSON.stringify(descriptor)}`, () => {
    assert.throws(() => readDescriptor(descriptor), { code: 'dialect-invalid', message });
  });
}
