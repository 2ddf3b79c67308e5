const SPACE = '[ \\u00a0\\u202f]?';
const NAMES = 'Kč|Ft|lei|zł|kr|Kr|Rs|SFr|Fr|din|лв|руб|р';
const AFFIX = `(?:[A-Z]{0,3}\\p{Sc}|[A-Z]{3}|(?:${NAMES})\\.?|%)`;
/** What is a number in it, and with which marks, others say. */
const NUMBER = '(?<number>[^\\p{L}\\p{Sc}%\\s+-](?:.*?[^\\p{L}\\p{Sc}%\\s])?)';
const DRESSED = new RegExp(
  `^(?<outer>[+-]?)(?:(?<before>${AFFIX})${SPACE})?(?<inner>[+-]?)${NUMBER}(?:${SPACE}(?<after>${AFFIX}))?$`,
  'u',
);

const CODES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/**
 * The number alone, its sign before it; null where what stands beside it is not known to mean nothing. Known are a currency
 * by its sign, its ISO 4217 code or a usual short name, and a percent sign, on one side. Table Schema would drop any text,
 * but then 5k, 3 Mio, 100 CR and (5) became other numbers.
 */
export function withoutAffixes(text: string): string | null {
  const { outer = '', before, inner = '', number = '', after } = DRESSED.exec(text)?.groups ?? {};
  const twice = (outer !== '' && inner !== '') || (before !== undefined && after !== undefined);
  if (number === '' || twice) return null;
  return isKnown(before) && isKnown(after) ? outer + inner + number : null;
}

function isKnown(affix: string | undefined): boolean {
  return affix === undefined || !/^[A-Z]{3}$/.test(affix) || CODES.has(affix);
}
