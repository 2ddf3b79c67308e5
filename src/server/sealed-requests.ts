import type { IncomingMessage } from 'node:http';
import { RowferryError } from '../errors.ts';
import type { KeyRing, LiveKey } from '../ledger/keys.ts';
import { bodyInvalid } from '../seal/framing.ts';
import { NonceStore } from '../seal/nonces.ts';
import { checkFresh, type VerifiedHead, verifyHead } from '../seal/open.ts';
import { type ReceivedHead, receiveHead, sealInvalid } from '../seal/received-head.ts';
import { isAstray } from './auth.ts';
import { hasBody } from './body-rules.ts';
import type { Request } from './services.ts';

/** Fields that make one program answer another request, or part of it, than the one that was signed. */
const REFUSED_FIELDS = ['range', 'x-http-method', 'x-http-method-override', 'x-method-override'] as const;

/**
 * Checks a signed head before a byte of its body is read, and remembers its nonce for as long as the server runs.
 * Once the signature is right `request.seal` is set, and with it every answer is sealed, the refusals that follow
 * here too. Throws what receiveHead, verifyHead and checkFresh throw; an unsigned request passes. `now`: milliseconds
 * since 1970.
 */
export function createSealCheck(keys: KeyRing, now = Date.now): (request: Request) => Promise<void> {
  const nonces = new NonceStore();
  return async (request) => {
    const { raw } = request;
    const { method = '', url = '', rawHeaders } = raw;
    const received = receiveHead({ method, target: url, rawHeaders });
    if (received === null) return;
    refuseUnsealable(raw);
    const { head, key } = await verify(received, raw, keys);
    request.seal = head;
    request.identity = key.identity;
    keys.noteUse(head.keyId);
    checkFresh(head, nonces, now());
    refuseChanged(raw, head);
  };
}

async function verify(
  received: ReceivedHead,
  request: IncomingMessage,
  keys: KeyRing,
): Promise<{ head: VerifiedHead; key: LiveKey }> {
  const found: { key: LiveKey | null } = { key: null };
  const head = await verifyHead(received, async (keyId) => {
    found.key = isAstray(keyId, request, keys) ? null : await keys.keysOf(keyId);
    return found.key?.keys ?? null;
  });
  if (found.key === null) throw sealInvalid();
  return { head, key: found.key };
}

/** What no sealed answer is given to: it may be two requests in one, or its answer has no body to seal. */
function refuseUnsealable({ method, headers }: IncomingMessage): void {
  if (headers.authorization !== undefined) {
    throw new RowferryError('bad-request', 'the request has both Authorization and Signature', {
      hint: 'send a Bearer key or a sealed request, not both',
    });
  }
  if (method !== 'HEAD') return;
  throw new RowferryError('method-not-allowed', 'HEAD cannot be sealed: its answer has no body', {
    hint: 'use GET',
  });
}

function refuseChanged(request: IncomingMessage, head: VerifiedHead): void {
  const field = REFUSED_FIELDS.find((name) => request.headers[name] !== undefined);
  if (field !== undefined) {
    throw new RowferryError('bad-request', `a sealed request has the header field ${field}`, {
      hint: 'send it without',
      errors: [{ pointer: `/headers/${field}`, code: 'unexpected' }],
    });
  }
  // Where a body is optional, one that was taken away must not look like one that was never sent.
  if (head.hasBody && !hasBody(request)) throw bodyInvalid();
}
