import type { Dialect } from '../../model/dialect.ts';
import type { ColumnValues } from './column-values.ts';

export type BooleanWords = Pick<Dialect, 'trueValues' | 'falseValues'>;

/** True and false in the languages that files come in; the first pair is what is read without being declared. */
const PAIRS: ReadonlyArray<readonly [yes: readonly string[], no: readonly string[]]> = [
  [
    ['true', 't', '1'],
    ['false', 'f', '0'],
  ],
  [
    ['yes', 'y'],
    ['no', 'n'],
  ],
  [['on'], ['off']],
  [
    ['ja', 'j'],
    ['nein', 'nee', 'nej', 'nei', 'n'],
  ],
  [
    ['wahr', 'w'],
    ['falsch', 'f'],
  ],
  [
    ['oui', 'o'],
    ['non', 'n'],
  ],
  [
    ['vrai', 'v'],
    ['faux', 'f'],
  ],
  [
    ['si', 'sí', 'sì', 's'],
    ['no', 'n'],
  ],
  [
    ['verdadero', 'verdadeiro', 'vero', 'v'],
    ['falso', 'f'],
  ],
  [
    ['sim', 's'],
    ['não', 'nao', 'n'],
  ],
  [
    ['tak', 't'],
    ['nie', 'n'],
  ],
  [['да'], ['нет']],
  [['waar'], ['onwaar']],
  [['active'], ['inactive']],
  [['enabled'], ['disabled']],
  [['.t.'], ['.f.']],
  [['x', '✓'], ['-']],
];

/** Values that may be something else: one in twenty. */
const MOST_STRAYS = 0.05;

/** The spellings of the boolean columns, null where all are the usual ones or no pair of words covers them. */
export function sniffBooleans(
  columns: readonly ColumnValues[],
): { words: BooleanWords; evidence: string } | null {
  const texts = columns.flatMap(({ column, values }) =>
    column.kind === 'boolean' ? values.map(({ text }) => text) : [],
  );
  const spellings = new Set(texts);
  const [usual] = PAIRS;
  if (usual === undefined || texts.length === 0 || covered(texts, usual) === texts.length) return null;
  const best = PAIRS.slice(1).find((pair) => {
    const both = [...pair[0], ...pair[1]];
    const own = texts.filter((text) => both.includes(text.toLowerCase())).length;
    return own > 0 && covered(texts, pair, usual) >= texts.length * (1 - MOST_STRAYS);
  });
  if (best === undefined) return null;
  return {
    words: { trueValues: wordsOf(0, best, usual), falseValues: wordsOf(1, best, usual) },
    evidence: `true and false written ${[...spellings].slice(0, 4).join(', ')}`,
  };
}

type Pair = (typeof PAIRS)[number];

function covered(texts: readonly string[], ...pairs: readonly Pair[]): number {
  const words = new Set(pairs.flatMap(([yes, no]) => [...yes, ...no]));
  return texts.filter((text) => words.has(text.toLowerCase())).length;
}

/** In small letters, with a capital and in capitals. What both pairs have, with another meaning, is the pair's own. */
function wordsOf(side: 0 | 1, own: Pair, usual: Pair): string[] {
  const against = own[side === 0 ? 1 : 0];
  const words = [...own[side], ...usual[side].filter((word) => !against.includes(word))];
  const spelled = words.flatMap((word) => [
    word,
    word.charAt(0).toUpperCase() + word.slice(1),
    word.toUpperCase(),
  ]);
  return [...new Set(spelled)];
}
