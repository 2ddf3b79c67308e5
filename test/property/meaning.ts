import type { SqlValue } from '../../src/database/database.ts';

/**
 * What a field says, for the type of its column: written independently of the checks and the encoders under test.
 *
 * kept: it must be stored and read back as this canonical text; where `surely` is false it may be a reject as well.
 * refused: it says nothing that the type can hold, so it must be a reject.
 * ask: a spelling that only the database knows: a reject, or what the database makes of it in a plain cast.
 */
export type Meaning =
  | { readonly is: 'kept'; readonly canonical: string; readonly surely: boolean }
  | { readonly is: 'refused' }
  | { readonly is: 'ask' };

/** The field is not empty, or quoted and empty. */
export type Meanings = (text: string) => Meaning;

export const REFUSED: Meaning = { is: 'refused' };
export const ASK: Meaning = { is: 'ask' };

export const kept = (canonical: string, surely = true): Meaning => ({ is: 'kept', canonical, surely });

/** The canonical form by another meaning: for texts that the database gave. */
export function canonicalBy(meanings: Meanings): (stored: SqlValue) => string {
  return (stored) => {
    const meaning = meanings(String(stored));
    return meaning.is === 'kept' ? meaning.canonical : `not understood: ${stored}`;
  };
}
