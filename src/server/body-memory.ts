/** The memory that bodies and answers under way may take together. */
import { RowferryError } from '../errors.ts';

/** What one body has of the memory for all. */
export interface Room {
  /** Throws `overloaded` where the others leave too little, and `body-invalid` once it was given back. */
  resize(bytes: number): void;
  /** An answer, which is there already: it is never refused, but leaves the others less. */
  add(bytes: number): void;
  giveBack(): void;
}

export interface BodyMemory {
  enter(): Room;
  /** Before an answer is made that may be large: `overloaded` where those that nobody has taken yet fill the room. */
  refuseAnswers(): void;
  /** Whether they do. */
  readonly full: boolean;
}

/** Many large bodies at one time must not take all memory: each has room for what it holds, `most` bytes for all. */
export function createBodyMemory(most: number): BodyMemory {
  let taken = 0;
  let answers = 0;
  const enter = (): Room => {
    let own: number | null = 0;
    let answer = 0;
    return {
      resize: (bytes) => {
        if (own === null) throw new RowferryError('body-invalid', 'nobody waits for the answer any more');
        if (bytes > own && taken - own + bytes > most) throw overloaded('bodies');
        taken += bytes - own;
        own = bytes;
      },
      add: (bytes) => {
        if (own === null) return;
        taken += bytes;
        own += bytes;
        answers += bytes;
        answer += bytes;
      },
      giveBack: () => {
        taken -= own ?? 0;
        answers -= answer;
        own = null;
        answer = 0;
      },
    };
  };
  return {
    enter,
    refuseAnswers() {
      if (this.full) throw overloaded('answers');
    },
    get full() {
      return answers >= most;
    },
  };
}

function overloaded(what: 'bodies' | 'answers'): RowferryError {
  return new RowferryError('overloaded', `the ${what} under way take all the room there is for them`, {
    hint: 'send the request again in a moment',
    retryAfterSeconds: 1,
  });
}
