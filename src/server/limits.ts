import type { Config } from '../config.ts';

/** What a request may take. Bytes and milliseconds. */
export interface Limits {
  /** The head of a request must be whole after so long. */
  readonly headMs: number;
  /** Rows and parts: config.maxBodyBytes. */
  readonly rowsBytes: number;
  /** The JSON of every other route. */
  readonly controlBytes: number;
  /** An Avro file for a restore; it goes to disk, not to memory. */
  readonly restoreBytes: number;
  /** A body without a byte for so long is refused with 408. */
  readonly bodyIdleMs: number;
  /** A body slower than this on average, once the idle time is over, too. Bytes a second. */
  readonly bodyBytesPerSecond: number;
  /** An answer of which nothing is taken for so long is given up. */
  readonly answerIdleMs: number;
  /** Bytes of all bodies held at one time. */
  readonly bufferedBytes: number;
  /** Requests in ten seconds, of one address and of one key. */
  readonly requestsPerAddress: number;
  readonly requestsPerKey: number;
  /** Event streams open at one time. */
  readonly eventStreams: number;
  /** Between two signs of life on an event stream. */
  readonly heartbeatMs: number;
}

export function defaultLimits(config: Pick<Config, 'maxBodyBytes'>): Limits {
  return {
    headMs: 10_000,
    rowsBytes: config.maxBodyBytes,
    controlBytes: 1 << 20,
    restoreBytes: 64 * 1024 ** 3,
    bodyIdleMs: 10_000,
    bodyBytesPerSecond: 1024,
    answerIdleMs: 60_000,
    bufferedBytes: Math.max(8 * config.maxBodyBytes, 128 << 20),
    requestsPerAddress: 20_000,
    requestsPerKey: 20_000,
    eventStreams: 100,
    heartbeatMs: 15_000,
  };
}
