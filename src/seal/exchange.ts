import { hkdfSync } from 'node:crypto';
import { requestInfo, responseInfo } from './schedule.ts';

/** A request whose head is signed, and its answer: both ends hold the same, and all keys of bodies come from it. */
export interface Exchange {
  readonly keyId: string;
  /** K_seal of the key, 32 bytes. */
  readonly sealKey: Uint8Array;
  /** SHA-256 of the signature base, 32 bytes. */
  readonly baseHash: Uint8Array;
}

const IKM_BYTES = 32;

/** IKM_req: 32 bytes from which the request's body is sealed. */
export function requestIkm({ sealKey, baseHash }: Exchange): Buffer {
  return expand(sealKey, requestInfo(baseHash));
}

/** IKM_res: 32 bytes from which the answer's body is sealed, for its status and the whole value of its Content-Type. */
export function responseIkm({ sealKey, baseHash }: Exchange, status: number, contentType: string): Buffer {
  return expand(sealKey, responseInfo(baseHash, status, contentType));
}

function expand(sealKey: Uint8Array, info: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', sealKey, '', info, IKM_BYTES));
}
