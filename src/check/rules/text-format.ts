import type { RejectCode } from '../../model/reject.ts';
import type { TextFormat } from '../../model/table.ts';

/** Texts of a format. The expressions have nothing to go back over, so their time grows with the text alone. */

interface FormatFacts {
  readonly code: RejectCode;
  /** In words that follow "expected". */
  readonly expected: string;
  readonly fits: (text: string) => boolean;
}

/** The usual characters of RFC 5322's dot-atom, in any script, and a domain. */
const EMAIL = /^[^\s@,;:<>()[\]"\\]+@[^\s@,;:<>()[\]"\\.]+(?:\.[^\s@,;:<>()[\]"\\.]+)*$/;
/** RFC 3986: a scheme and what follows it. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** XML Schema gYearMonth without a zone. */
const YEARMONTH = /^-?\d{4,}-(?:0[1-9]|1[0-2])$/;
/** XML Schema duration: at least one part, and one after T where there is a T. */
const DURATION =
  /^-?P(?=\d|T\d)(?:\d+Y)?(?:\d+M)?(?:\d+W)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;
const GEOPOINT = /^\s*([+-]?\d+(?:\.\d+)?)\s*,\s*([+-]?\d+(?:\.\d+)?)\s*$/;

export const TEXT_FORMATS: Readonly<Record<TextFormat, FormatFacts>> = {
  email: { code: 'pattern', expected: 'an e-mail address', fits: (text) => EMAIL.test(text) },
  uri: { code: 'pattern', expected: 'a URI such as https://example.com/a', fits: (text) => URI.test(text) },
  base64: { code: 'pattern', expected: 'bytes in base64', fits: (text) => BASE64.test(text) },
  yearmonth: { code: 'pattern', expected: 'a month such as 2021-11', fits: (text) => YEARMONTH.test(text) },
  duration: {
    code: 'pattern',
    expected: 'a duration such as P1Y2M3DT4H',
    fits: (text) => DURATION.test(text),
  },
  geopoint: { code: 'pattern', expected: 'longitude and latitude such as 90.50, 45.50', fits: isGeopoint },
  object: { code: 'type.json', expected: 'a JSON object', fits: (text) => isJson(text, '{') },
  array: { code: 'type.json', expected: 'a JSON array', fits: (text) => isJson(text, '[') },
};

function isGeopoint(text: string): boolean {
  const [, longitude, latitude] = GEOPOINT.exec(text) ?? [];
  return Math.abs(Number(longitude)) <= 180 && Math.abs(Number(latitude)) <= 90;
}

function isJson(text: string, first: '{' | '['): boolean {
  if (!text.trimStart().startsWith(first)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
