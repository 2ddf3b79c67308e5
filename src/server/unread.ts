import type { Limits } from './limits.ts';
import type { App } from './services.ts';

/**
 * Ends the connection of a client that takes nothing of its answer: the answer, and the room of the body it is for,
 * would be held for ever. A client that is slow is left alone, and so is one whose answer is still being made.
 */
export function endUnreadAnswers(app: App, { answerIdleMs }: Limits): void {
  app.addHook('onSend', (request, { raw: answer }, payload, done) => {
    const { socket } = request.raw;
    // The system's queue counts as progress for this timeout, which nothing else of a socket tells.
    answer.setTimeout(answerIdleMs, () => {
      if (socket.writableLength > 0) socket.destroy();
      else answer.setTimeout(answerIdleMs);
    });
    done(null, payload);
  });
}
