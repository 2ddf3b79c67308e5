import { ASK, kept, type Meaning, type Meanings } from './meaning.ts';

/** Braces, commas, and elements that are quoted or plain. */
const TOKEN = /\{|\}|,|"((?:[^"\\]|\\[\s\S])*)"|([^ \t\n\v\f\r"{},\\]+)|([\s\S])/g;

/**
 * Array literals with elements of such meanings. Nested ones may be refused, as their parts must be of one length; what is not written plainly is left to the database.
 */
export function arrayOf(element: Meanings): Meanings {
  return (text): Meaning => {
    let [canonical, depth] = ['', 0];
    let surely = true;
    let before = '';
    for (const [token, quoted, plain, other] of text.matchAll(TOKEN)) {
      if (other !== undefined || (depth === 0 && canonical !== '')) return ASK;
      if (token === '{' && ++depth > 1) surely = false;
      if (token === '}') depth--;
      if (quoted !== undefined || plain !== undefined) {
        if (depth === 0 || !/^[{,]$/.test(before)) return ASK;
        const meaning = /^null$/i.test(plain ?? '')
          ? null
          : element((quoted ?? '').replace(/\\([\s\S])/g, '$1') + (plain ?? ''));
        if (meaning !== null && meaning.is !== 'kept') return meaning;
        surely &&= meaning?.surely ?? true;
        canonical += meaning === null ? 'NULL' : JSON.stringify(meaning.canonical);
      } else canonical += token;
      before = token;
    }
    return depth === 0 && isWellFormed(canonical) ? kept(canonical, surely) : ASK;
  };
}

const isWellFormed = (canonical: string): boolean =>
  canonical === '{}' ||
  (/^\{.*\}$/s.test(canonical) && !/[{,][,}]|\}[^,}]/.test(canonical.replace(/"(?:[^"\\]|\\.)*"/g, '""')));
