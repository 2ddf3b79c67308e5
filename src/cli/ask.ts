import { isCancel, text } from '@clack/prompts';
import { RowferryError } from '../errors.ts';

/** Asks for a line. Throws `usage` when the person gives up with Ctrl-C. */
export async function ask(options: {
  readonly message: string;
  readonly initial?: string;
  readonly placeholder?: string;
  /** What is wrong with the answer; undefined: nothing. */
  readonly check?: (answer: string) => string | undefined;
}): Promise<string> {
  const { message, initial, placeholder, check } = options;
  const answer = await text({
    message,
    ...(initial === undefined ? {} : { initialValue: initial }),
    ...(placeholder === undefined ? {} : { placeholder }),
    ...(check === undefined ? {} : { validate: (value: string | undefined) => check(value ?? '') }),
  });
  if (!isCancel(answer)) return answer;
  throw new RowferryError('usage', 'ended before it was done; nothing was written');
}
