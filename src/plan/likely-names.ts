import { singular, wordsOf } from './names.ts';

/** What names say about keys and references. Only a hint: the values decide, names choose among what they allow. */

const ID_WORDS = new Set([
  'id',
  'ids',
  'uuid',
  'guid',
  'key',
  'pk',
  'code',
  'number',
  'no',
  'nr',
  'num',
  'sku',
  'isbn',
  'ean',
]);
/** Names of keys that say nothing of what they are keys of. */
const GENERIC = new Set([
  'id',
  'uuid',
  'guid',
  'key',
  'pk',
  'code',
  'number',
  'no',
  'nr',
  'num',
  'name',
  'title',
  'label',
  'value',
  'type',
  'date',
  'column',
]);
/** A column of such a name points into its own table. */
const SELF = new Set([
  'parent',
  'manager',
  'supervisor',
  'boss',
  'chief',
  'reports',
  'referrer',
  'referred',
  'predecessor',
  'previous',
  'next',
  'replaces',
  'root',
  'superior',
  'mentor',
  'leader',
]);

/** What is counted, paid or measured, in some languages of exports. */
const MEASURES = new Set(
  (
    'amount sum total subtotal price cost fee tax vat net gross balance salary wage revenue sales turnover quantity qty ' +
    'count score rate weight height length width size age year value percent discount stock population ' +
    'betrag summe preis kosten steuer netto brutto saldo gehalt umsatz menge anzahl gewicht jahr wert bestand ' +
    'montant somme prix cout taxe solde salaire quantite nombre poids annee valeur ' +
    'importe suma precio coste costo impuesto salario cantidad peso ano valor ' +
    'importo somma prezzo costo imposta stipendio quantita anno valore bedrag aantal prijs jaar'
  ).split(' '),
);

/** Whether a name says that its values are no key, however different they are. */
export function isMeasure(column: string): boolean {
  return wordsOf(column).some((word) => MEASURES.has(word) || MEASURES.has(singular(word)));
}

/** 3: `id` or the table's own id; 2: some other id; 0: no name of a key. */
export function keyRank(column: string, table: string): number {
  const words = wordsOf(column);
  const last = words.at(-1) ?? '';
  if (!ID_WORDS.has(last)) return 0;
  const before = words.slice(0, -1).map(singular).join(' ');
  const whole = tableWords(table);
  return before === '' || before === whole || before === whole.split(' ').at(-1) ? 3 : 2;
}

export interface NamedColumn {
  readonly table: string;
  readonly column: string;
}

/** Whether the name of a column says that it points at another one: department_id at departments.id. */
export function pointsAt(child: NamedColumn, parent: NamedColumn, childIsUnique: boolean): boolean {
  const words = wordsOf(child.column).map(singular);
  const parentWords = wordsOf(parent.column).map(singular);
  const generic = parentWords.every((word) => GENERIC.has(word));
  if (child.table === parent.table) return words.some((word) => SELF.has(word));
  const whole = tableWords(parent.table).split(' ');
  const names = [whole, whole.slice(-1)];
  if (
    names.some(
      (name) =>
        endsWith(words, [...name, ...parentWords]) || words.join('') === [...name, ...parentWords].join(''),
    )
  )
    return true;
  if (names.some((name) => words.join(' ') === name.join(' '))) return true;
  if (generic || !endsWith(words, parentWords)) return false;
  // customers.customer_id ← orders.customer_id, and not the other way round.
  return !childIsUnique || names.some((name) => parentWords.includes(name.at(-1) ?? ''));
}

function endsWith(words: readonly string[], tail: readonly string[]): boolean {
  if (tail.length === 0 || tail.length > words.length) return false;
  return tail.every((word, i) => words[words.length - tail.length + i] === word);
}

const tableWords = (table: string): string => wordsOf(table).map(singular).join(' ');
