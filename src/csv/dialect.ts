import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';

/** What was declared over the defaults; `dialect-invalid` names the property, what stood there and what is expected. */
export function resolveDialect(declared: Partial<Dialect> = {}): Dialect {
  const dialect: Dialect = { ...DEFAULT_DIALECT, ...declared };
  const { delimiter, quoteChar, header, encoding } = dialect;
  if (!isSingle(delimiter)) throw invalid('delimiter', delimiter, 'one ASCII character that ends no line');
  if (quoteChar !== null && (!isSingle(quoteChar) || quoteChar === delimiter)) {
    throw invalid('quoteChar', quoteChar, 'null, or one ASCII character other than the delimiter');
  }
  if (header !== null && typeof header !== 'boolean') throw invalid('header', header, 'true, false or null');
  if (encoding !== 'utf-8') throw invalid('encoding', encoding, '"utf-8"');
  for (const name of Object.keys(declared)) {
    if (!Object.hasOwn(DEFAULT_DIALECT, name)) {
      throw invalid(
        name,
        Reflect.get(declared, name),
        `no such property; known: ${Object.keys(DEFAULT_DIALECT).join(', ')}`,
      );
    }
  }
  return dialect;
}

function isSingle(text: unknown): text is string {
  return typeof text === 'string' && /^[\t -~]$/.test(text);
}

function invalid(name: string, found: unknown, expected: string): RowferryError {
  return new RowferryError(
    'dialect-invalid',
    `dialect.${name} is ${JSON.stringify(found)}; expected ${expected}`,
    {
      hint: `e.g. --dialect '{"delimiter":";","quoteChar":"\\"","header":true}'`,
    },
  );
}

/** Bytes of the delimiter and the quote, as `scan` takes them. */
export function scanBytes(dialect: Dialect): { delimiter: number; quote: number } {
  return { delimiter: dialect.delimiter.charCodeAt(0), quote: dialect.quoteChar?.charCodeAt(0) ?? -1 };
}

/** Length of a UTF-8 byte order mark; `encoding-unsupported` for those of UTF-16 and UTF-32. */
export function byteOrderMark(bytes: Uint8Array): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
  const little = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (!little && !(bytes[0] === 0xfe && bytes[1] === 0xff)) return 0;
  throw new RowferryError(
    'encoding-unsupported',
    `the content starts with the mark of ${little ? 'UTF-16LE' : 'UTF-16BE'}; expected UTF-8`,
    {
      hint: `convert it: iconv -f ${little ? 'UTF-16LE' : 'UTF-16BE'} -t UTF-8 old.csv > new.csv`,
    },
  );
}
