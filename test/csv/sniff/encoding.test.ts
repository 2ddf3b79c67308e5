import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { sniffEncoding } from '../../../src/csv/sniff/encoding.ts';
import { sniff } from '../../../src/csv/sniff/sniff.ts';
import { SALES, sniffText } from './fixture.ts';

const iconv = (name: string, text: string): Uint8Array =>
  execFileSync('iconv', ['-f', 'utf-8', '-t', name], { input: text });

const TEXTS: ReadonlyArray<readonly [iconv: string, encoding: string, text: string]> = [
  ['utf-8', 'utf-8', '1,plain\n'],
  ['utf-8', 'utf-8', '1,é\n'],
  ['cp1252', 'windows-1252', 'id,name\n1,Thérèse\n2,Müller\n3,José García\n'],
  ['cp1252', 'windows-1252', '1,Müller\n'],
  ['cp1252', 'windows-1252', '1,Zoë\n'],
  ['cp1252', 'windows-1252', '1,“quoted” – 5 €\n'],
  ['cp1252', 'windows-1252', '1,Århus\n2,Ørsted\n'],
  ['cp1250', 'windows-1250', '1,Łódź\n2,Kraków\n3,Gdańsk święto\n'],
  ['cp1250', 'windows-1250', '1,Dvořák\n2,Škoda\n3,Čapek\n4,Příbram\n'],
  ['cp1251', 'windows-1251', '1,Москва\n2,Петербург\n'],
  ['koi8-r', 'koi8-r', '1,Москва\n2,Петербург\n'],
  ['cp866', 'ibm866', '1,Москва\n2,Петербург\n'],
  ['cp1253', 'windows-1253', '1,Αθήνα\n2,Θεσσαλονίκη\n'],
  ['cp1254', 'windows-1254', '1,İstanbul\n2,Beyoğlu\n3,Şişli\n'],
  ['macintosh', 'macintosh', '1,Thérèse\n2,Müller\n'],
  ['shift_jis', 'shift_jis', '1,東京タワーの\n2,おおさか\n'],
  ['euc-jp', 'euc-jp', '1,東京タワーの\n2,おおさか\n'],
  ['euc-kr', 'euc-kr', '1,서울특별시\n2,부산\n'],
  ['gb18030', 'gb18030', '1,上海公司\n2,北京\n'],
  ['big5', 'big5', '1,台北公司\n2,高雄\n'],
  ['utf-16le', 'utf-16le', '1,abc\n2,déf\n'],
  ['utf-16be', 'utf-16be', '1,abc\n2,déf\n'],
];

for (const [name, encoding, text] of TEXTS) {
  test(`${JSON.stringify(text.slice(0, 24))} in ${name} is told`, () => {
    const guess = sniffEncoding(iconv(name, text));
    assert.equal(guess.encoding, encoding);
    assert.deepEqual(guess.others, []);
  });
}

test('marks win', () => {
  assert.equal(sniffEncoding(Uint8Array.from([0xff, 0xfe, 0x41, 0])).encoding, 'utf-16le');
  assert.equal(sniffEncoding(Uint8Array.from([0xfe, 0xff, 0, 0x41])).encoding, 'utf-16be');
  assert.equal(sniffEncoding(Uint8Array.from([0xef, 0xbb, 0xbf, 0xe9])).encoding, 'utf-8');
});

test('broken UTF-8 is no other encoding', () => {
  for (const broken of [[97, 0xff, 98], [0xff, 0xfe, 0xfd].toReversed(), [0xf5, 0x80, 0x80]]) {
    assert.equal(sniffEncoding(Uint8Array.from([49, 44, ...broken, 10])).encoding, 'utf-8', String(broken));
  }
  const text = new TextEncoder().encode('1,Müller\n2,Thérèse\n3,Jos');
  assert.equal(sniffEncoding(Uint8Array.from([...text, 0xe9, 10])).encoding, 'utf-8');
});

test('a character that the sample cuts is none that is broken', () => {
  assert.equal(sniffEncoding(new TextEncoder().encode('1,é').subarray(0, 3)).encoding, 'utf-8');
});

test('an encoding that reads other letters just as well is a question', () => {
  const guess = sniffEncoding(iconv('cp1252', '1,São Paulo\n'));
  assert.ok(guess.others.length > 0);
  const { questions } = sniff(iconv('cp1252', '1,São Paulo,,,\n'), { table: SALES, whole: true });
  assert.match(JSON.stringify(questions), /windows-1252.*São.*windows-1250.*Săo/);
});

test('a word in every row says no more than in one', () => {
  const rows = Array.from({ length: 100 }, (_, i) => `${i},São Paulo\n`).join('');
  assert.deepEqual(sniffEncoding(iconv('cp1252', rows)), sniffEncoding(iconv('cp1252', '0,São Paulo\n')));
});

test('the encoding and what it rests on are told', () => {
  const bytes = iconv('cp1252', 'id;name;amount;day;ok\n1;Müller;2.50;2020-01-01;1\n');
  const { dialect, evidence } = sniff(bytes, { table: SALES, whole: true });
  assert.equal(dialect.encoding, 'windows-1252');
  assert.match(evidence.encoding ?? '', /not valid UTF-8; its letters are those of German/);
  assert.equal(sniffText('1,é').dialect.encoding, 'utf-8');
});
