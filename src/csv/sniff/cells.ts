/** What a text looks like, where no dictionary says what it is to be. */
export type Look = 'empty' | 'number' | 'date' | 'time' | 'boolean' | 'text' | 'odd';

const NUMBER =
  /^[+-]?(?:\d+(?:[.,]\d+)?|[.,]\d+|\d{1,3}(?:[.,' \u00a0\u202f\u2019]\d{3})+(?:[.,]\d+)?)(?:e[+-]?\d+)?$/i;
const MONEY = /^\(?[-+]?\s?[$€£¥]?\s?[-+]?\d[\d.,' ]*\s?(?:%|[$€£¥]|[A-Z]{3})?\)?$/;
const DATE =
  /^\d{1,4}([-/. ])\d{1,2}\1\d{1,4}(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?$/i;
const NAMED_DATE = /^(?:\d{1,2}[- .]\s?[A-Z][a-z]{2,8}[- .,]\s?\d{2,4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4})$/;
const TIME = /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[AP]M)?$/i;
const BOOLEAN = /^(?:true|false|yes|no)$/i;
/** A comma or semicolon that no space follows, a mark that prose has not, or a quote at an end. */
const ODD = /[,;](?=\S)|[|^~\p{Cc}\u00a6\u00a7]|^["']|["']$|[:;,]$/u;
/** Where they may be data: addresses, times within a text, paths and numbers. */
const USUAL = /\b\d{1,2}:\d{2}\b|:\/\/|\d[.,]\d/g;

export function lookOf(cell: string): Look {
  const text = cell.trim();
  if (text === '') return 'empty';
  const first = text.charCodeAt(0);
  const digitLike = first < 58 || first > 127;
  if (digitLike && (NUMBER.test(text) || MONEY.test(text))) return 'number';
  if (DATE.test(text) || NAMED_DATE.test(text)) return 'date';
  if (digitLike && TIME.test(text)) return 'time';
  if (text.length <= 5 && BOOLEAN.test(text)) return 'boolean';
  return ODD.test(text.replace(USUAL, '0')) ? 'odd' : 'text';
}

/** Of what has a form of its own, so that a name is not it. */
export function isTyped(look: Look): boolean {
  return look === 'number' || look === 'date' || look === 'time' || look === 'boolean';
}
