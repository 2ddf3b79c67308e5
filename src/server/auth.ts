import type { IncomingMessage } from 'node:http';
import { BlockList } from 'node:net';
import { RowferryError } from '../errors.ts';
import type { Identity } from '../ledger/keys.ts';
import { type Action, allows, KEYS_ADMIN, sees } from '../seal/scopes.ts';
import { deny } from './audit.ts';
import type { Request, Services } from './services.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** IPv4 addresses written as IPv6 (::ffff:127.0.0.1) count as what they are. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  return LOOPBACK.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/** Who asks. Throws `insecure-transport` before the key is looked at, and `unauthorized`. */
export async function authenticate(request: IncomingMessage, keys: Services['keys']): Promise<Identity> {
  const authorization = request.headers.authorization;
  if (authorization === undefined) throw unauthorized('the request has no API key');
  refuseInsecure(request);
  const [, token] = /^Bearer +([A-Za-z0-9_]+) *$/i.exec(authorization) ?? [];
  const identity = token === undefined ? null : await keys.authenticate(token);
  if (identity === null || isAstray(identity.keyId, request, keys))
    throw unauthorized('the API key is not valid, has expired or was revoked');
  return identity;
}

/** The throw-away key of a process is good from its own machine alone: from elsewhere it is as an unknown one. */
export function isAstray(keyId: string, { socket }: IncomingMessage, keys: Services['keys']): boolean {
  return keys.isEphemeral(keyId) && !isLoopback(socket.remoteAddress);
}

/** A bearer key on an open wire is given away to everyone on the way. */
function refuseInsecure(request: IncomingMessage): void {
  const { socket } = request;
  if (isLoopback(socket.remoteAddress) || 'encrypted' in socket) return;
  throw new RowferryError('insecure-transport', 'an API key came over plain HTTP from another machine', {
    hint: 'seal the request, start the server with --tls-cert and --tls-key, or call from its machine; then revoke this key: it was readable on the way',
  });
}

function unauthorized(detail: string): RowferryError {
  return new RowferryError('unauthorized', detail, {
    hint: 'send Authorization: Bearer rfk_…; make a key with: rowferry keys create',
  });
}

export function identityOf(request: Request): Identity {
  if (request.identity === null) throw unauthorized('the request has no API key');
  return request.identity;
}

function requireAdmin(request: Request): void {
  if (identityOf(request).scopes.includes(KEYS_ADMIN)) return;
  const error = new RowferryError('forbidden', `this key has not the scope ${KEYS_ADMIN}`, {
    hint: 'use a key that has it; or, on the machine of the database, the same command without --server',
  });
  throw deny(request, KEYS_ADMIN, error);
}

/** For routes that need `keys:admin`: asked before the body is read. */
export async function adminOnly(request: Request): Promise<void> {
  requireAdmin(request);
}

export function seesTable(request: Request, table: string): boolean {
  return sees(identityOf(request).scopes, table);
}

export function mayOn(request: Request, table: string, action: Action): boolean {
  return allows(identityOf(request).scopes, table, action);
}

/** A table the key may do nothing with does not exist for it (404); one it may do other things with is 403. */
export function requireAction(request: Request, table: string, action: Action): void {
  if (mayOn(request, table, action)) return;
  if (!seesTable(request, table)) throw deny(request, table, tableNotFound(table));
  const error = new RowferryError('forbidden', `this key may not ${action} on ${table}`, {
    hint: `use a key with the scope tables:${table}:${action}`,
  });
  throw deny(request, table, error);
}

/** One text whether the table is not there or not to be seen. */
export function tableNotFound(table: string, near: readonly string[] = []): RowferryError {
  return new RowferryError('table-not-found', `there is no table ${table}`, {
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'list the tables: GET /v1/tables',
  });
}
