import { RowferryError } from '../errors.ts';

/** An answer's status and the whole value of its Content-Type, both as sent: the seal holds them. */
export interface ResponseHead {
  readonly status: number;
  readonly contentType: string;
}

/** The answer as it came, before its body is opened. */
export interface ReceivedResponse extends ResponseHead {
  /** The value of Content-Encoding; null without one. */
  readonly contentEncoding: string | null;
}

/** Answers are not compressed, since their encoding is not part of what is sealed. Throws `answer-invalid`. */
export function refuseUnsealed({ contentEncoding }: ReceivedResponse): void {
  if (contentEncoding !== 'aes128gcm') throw answerInvalid();
}

/** What a client throws when a body does not open: `answer-invalid`. A cut connection stays what it is. */
export function asAnswerError(error: unknown): unknown {
  return error instanceof RowferryError && error.code === 'seal-body-invalid' ? answerInvalid() : error;
}

function answerInvalid(): RowferryError {
  return new RowferryError('answer-invalid', 'the answer is not sealed as the answer to this request', {
    hint: 'something between here and the server changed or made it; look at proxies and at the server’s address',
  });
}
