import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';

const MOST_ROUNDS = 50;

/**
 * Begins a backup under a new Idempotency-Key and asks for its end until one was still under way. Resolves with the
 * answer to that.
 */
export async function stopOneUnderWay<Answer extends { readonly status: number }>(
  begin: (key: string) => Promise<unknown>,
  stop: (key: string) => Promise<Answer>,
): Promise<Answer> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const key = randomUUID();
    let isOver = false;
    const work = begin(key).finally(() => {
      isOver = true;
    });
    while (!isOver) {
      const answer = await stop(key);
      if (answer.status !== 404) return work.then(() => answer);
    }
    await work;
  }
  return assert.fail('every backup was done before it could be stopped');
}
