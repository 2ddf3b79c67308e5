/** The memory that bodies and answers under way may take together. */
import { RowferryError } from '../errors.ts';

/** What one body has of the memory for all. */
export interface Room {
  /** Throws `overloaded` where the others leave too little, and `body-invalid` once it was given back. */
  resize(bytes: number): void;
  /** What is there already: it is never refused, but leaves the others less. */
  add(bytes: number): void;
  giveBack(): void;
}

/** Many large bodies at one time must not take all memory: each has room for what it holds, `most` bytes for all. */
export function createBodyMemory(most: number): () => Room {
  let taken = 0;
  return () => {
    let own: number | null = 0;
    return {
      resize: (bytes) => {
        if (own === null) throw new RowferryError('body-invalid', 'nobody waits for the answer any more');
        if (bytes > own && taken - own + bytes > most) throw overloaded();
        taken += bytes - own;
        own = bytes;
      },
      add: (bytes) => {
        if (own === null) return;
        taken += bytes;
        own += bytes;
      },
      giveBack: () => {
        taken -= own ?? 0;
        own = null;
      },
    };
  };
}

function overloaded(): RowferryError {
  return new RowferryError('overloaded', 'the bodies under way take all the room there is for them', {
    hint: 'send the request again in a moment',
    retryAfterSeconds: 1,
  });
}
