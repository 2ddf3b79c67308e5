/**
 * The files of the corpus that a text editor or git would break: other encodings, CR, NUL, what is packed.
 * `node test/corpus/make-binary.ts` writes them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from 'node:zlib';

type Content = Uint8Array | string;

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const utf16le = (text: string): Uint8Array => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Uint8Array => Buffer.from(text, 'utf16le').swap16();
const joined = (...parts: readonly Content[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(part)));
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');

const PEOPLE = 'id,name,price\n1,Anna,2.50\n2,"Bo, Ltd",3\n';
const MARKED = '\uFEFFid;name\r\n1;Ñandú €\r\n2;"Ко\r\nт 😀"\r\n';

/** Bytes as they are, by the name of the file. */
export const RAW: Readonly<Record<string, Content>> = {
  'sniffed/encoding-utf-8-mark.csv': MARKED,
  'sniffed/encoding-utf-16le-mark.csv': utf16le(MARKED),
  'sniffed/encoding-utf-16be-mark.csv': utf16be(MARKED),
  'sniffed/encoding-utf-16le-bare.csv': utf16le(MARKED.slice(1)),
  'sniffed/encoding-spanish.csv': latin1(
    'id;name\n1;Se\xf1or Mu\xf1oz\n2;Coraz\xf3n y coraz\xf3n\n3;Ma\xf1ana ser\xe1 otro d\xeda\n',
  ),
  // Январь, Февраль, Откуда это: windows-1251.
  'sniffed/encoding-russian.csv': joined(
    'id;name\n1;',
    hex('dfede2e0f0fc'),
    '\n2;',
    hex('d4e5e2f0e0ebfc'),
    '\n3;',
    hex('cef2eaf3e4e020fdf2ee'),
    '\n',
  ),
  // 東京, 大阪 and カタカナ in Shift_JIS.
  'sniffed/encoding-japanese.csv': joined(
    'id,name\n1,',
    hex('938c8b9e'),
    '\n2,',
    hex('91e58de3'),
    '\n3,',
    hex('834a835e834a8369'),
    '\n',
  ),
  'sniffed/encoding-broken-utf-8.csv': joined(
    'id,name\n1,Señor\n2,Bo',
    hex('ff'),
    '\n3,Año\n4,Über\n5,Été\n',
  ),
  'sniffed/record-ends-cr.csv': 'id;name\r1;Anna\r2;"B\ro"\rx;Cy\r',
  'sniffed/record-ends-crlf.csv': 'id;name\r\n1;Anna\r\n2;"B\r\no"\r\nx;Cy\r\n',
  'sniffed/record-ends-mixed.csv': 'id;name\r\n1;Anna\n2;Bo\r3;Cy\r\n\r\nx;Di\r4;Ed',
  'sniffed/tie-encoding.csv': latin1(
    `id,name\n${Array.from({ length: 12 }, (_, i) => `${i},S\xe3o Paulo\n`).join('')}`,
  ),
  'declared/encoding-greek.csv': joined(
    'id;name\n1;',
    hex('c1e8deede1'),
    '\n2;x',
    hex('aa'),
    '\n3;',
    hex('d0dcf4f1e1'),
    '\n',
  ),
  'declared/encoding-of-the-resource.csv': latin1('id|name\n1|Se\xf1or \x80\n'),
  'declared/encoding-utf-16be.csv': utf16be('id,name\n1,Añña\nx,Bo\n'),
  'declared/record-end-lf.csv': 'id,name\n1,An\rna\n2,Bo\r\n',
  'declared/record-end-text.csv': 'id,name|~1,An\nna|~2,"B|~o"|~3,Cy|~',
  'broken/nul.csv': 'id,name\n1,An\0na\n2,Bo\n3,"C\0y"\n\0\n',
  'broken/nul-utf-16.csv': utf16le('\uFEFFid,name\n1,An\0na\n2,Bo\n'),
  'broken/bytes-of-no-character.csv': joined(
    'id,name\n1,An',
    hex('c0af'),
    '\n2,Bo\n3,',
    hex('eda080'),
    '\n4,',
    hex('f09f98'),
    '\n5,Été\n6,ñ\n7,ö\n',
  ),
  'broken/utf-16-half.csv': joined(utf16le('\uFEFFid,name\n1,Anna\n2,B\uD83D\n3,Cy\n4,Di\n'), '\n'),
};

/** Made anew by another zlib they may have other bytes. */
const packed = (): Record<string, Content> => ({
  'packed/gzip.csv.gz': gzipSync(PEOPLE),
  'packed/gzip-of-two-members.csv.gz': joined(gzipSync(PEOPLE), gzipSync('3,Cy,4\n')),
  'packed/gzip-cut-off.csv.gz': gzipSync(PEOPLE.repeat(50)).subarray(0, 60),
  'packed/gzip-within-gzip.csv.gz': gzipSync(gzipSync(PEOPLE)),
  'packed/gzip-of-another-dialect.csv.gz': gzipSync(
    utf16le('\uFEFFid;name;price\r\n1;Añña;2,50\r\n2;Bo;3,75\r\n'),
  ),
  'packed/zstd.csv.zst': zstdCompressSync(PEOPLE),
  'packed/zip-of-two.zip': zip({
    '2020.csv': PEOPLE,
    '2021.csv': 'name;id\nCy;3\nx;y\n',
    'readme.txt': 'no table',
  }),
  'packed/too-much.csv.gz': gzipSync('1,Anna,2.50\n'.repeat(200)),
  'broken/record-too-long.csv.gz': gzipSync(
    `id,name\n1,${'x'.repeat(1 << 20)}\n2,Bo\n3,"${'y'.repeat(1 << 20)}"\n`,
  ),
});

/** An archive with a time of zero: PKWARE's APPNOTE, 4.3. */
function zip(members: Readonly<Record<string, string>>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(members)) {
    const data = deflateRawSync(content);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt16LE(0x21, 8);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(data.length, 14);
    facts.writeUInt32LE(Buffer.byteLength(content), 18);
    facts.writeUInt16LE(name.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(joined(hex('504b0102 1400'), facts, place, name));
    const member = joined(hex('504b0304'), facts, name, data);
    parts.push(member);
    at += member.length;
  }
  const listed = joined(...directory);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(at, 12);
  return joined(...parts, listed, hex('504b0506'), end);
}

if (import.meta.main) {
  for (const [name, content] of Object.entries({ ...RAW, ...packed() })) {
    const path = join(import.meta.dirname, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}
