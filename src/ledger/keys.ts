import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type Actor, type AuditEvent, NOBODY } from '../model/audit.ts';
import {
  type DerivedKeys,
  deriveAuditKey,
  deriveKeys,
  equalKeys,
  makeToken,
  unwrapKeys,
  wrapKeys,
} from '../seal/keys.ts';
import { checkScopes } from '../seal/scopes.ts';
import { parseToken } from '../seal/token.ts';
import { appendEntries } from './audit-table.ts';
import { findKey, insertKey, listKeys, markRevoked, markUsed, type StoredKey } from './key-table.ts';

/**
 * The API keys: made, listed, rotated, revoked, and asked on every request. What changes a key is committed together
 * with its entry in the audit log.
 */
export interface KeyRing {
  /**
   * The token is in the answer and nowhere else. `key-limit` when the owner has two live keys. Without an actor it is
   * the first key, which the program makes itself.
   */
  create(request: NewKey, actor?: Actor): Promise<CreatedKey>;
  /** A key of this process only, for as long as it lives. */
  createEphemeral(scopes: readonly string[], owner?: string): EphemeralKey;
  /** Whether the key is of this process: nobody outside its machine was given it. */
  isEphemeral(id: string): boolean;
  /** Newest first, the revoked and expired among them. */
  list(): Promise<readonly KeyInfo[]>;
  /** A second key of the same owner and scopes; the first goes on until it is revoked. */
  rotate(id: string, actor?: Actor): Promise<CreatedKey>;
  /** Effective at once in this process and within a second in others. `key-not-found`. */
  revoke(id: string, actor?: Actor): Promise<KeyInfo>;
  /**
   * Null for a token that is malformed, unknown, expired or revoked: which of them is nobody's business.
   * `seal-required` for a good one of a sealed-only key, since it should not have travelled.
   */
  authenticate(token: string): Promise<Identity | null>;
  /** What sealed requests are checked with; null for a key that is unknown, expired or revoked. */
  keysOf(id: string): Promise<LiveKey | null>;
  /** A sealed request of this key was verified. `authenticate` notes a use itself. */
  noteUse(id: string): void;
  close(): Promise<void>;
}

export interface NewKey {
  readonly owner: string;
  /** What it is for; default: the owner. */
  readonly name?: string;
  readonly scopes: readonly string[];
  /** Default 90. */
  readonly expiresInDays?: number;
  /** Not good as a Bearer token, only for sealed requests. Default false. */
  readonly sealedOnly?: boolean;
}

export interface KeyInfo {
  readonly id: string;
  readonly owner: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly sealedOnly: boolean;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
  /** To the minute. */
  readonly lastUsedAt: string | null;
}

export interface CreatedKey {
  readonly token: string;
  readonly key: KeyInfo;
}

export interface Identity {
  readonly keyId: string;
  readonly owner: string;
  readonly scopes: readonly string[];
}

export interface LiveKey {
  readonly identity: Identity;
  readonly keys: DerivedKeys;
}

export interface EphemeralKey extends Identity {
  readonly token: string;
}

export interface KeyRingOptions {
  /** Used for keys alone and closed with the ring; give it a short lock timeout. */
  readonly connection: Connection;
  /** Asks instead of `connection`, so that no question lands in a transaction that writes; not closed with it. */
  readonly reader?: Connection;
  readonly keyEncryptionKey: Buffer;
  readonly log: Logger;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

const LIVE_KEYS_PER_OWNER = 2;
const DEFAULT_DAYS = 90;
const DAY_MS = 86_400_000;
/** A key made or revoked by another process is seen after this long at the latest. */
const CACHE_MS = 1000;
/** Strangers make up ids: the oldest is forgotten. */
const MOST_CACHED = 10_000;
const USED_MS = 60_000;

interface Known extends LiveKey {
  readonly sealedOnly: boolean;
  readonly expiresAt: number;
}

/** What an id was found to be; null: no live key. */
interface Found {
  readonly known: Known | null;
  readonly readAt: number;
}

export function openKeyRing(options: KeyRingOptions): KeyRing {
  return new LedgerKeyRing(options);
}

class LedgerKeyRing implements KeyRing {
  readonly #connection: Connection;
  readonly #reader: Connection;
  readonly #keyEncryptionKey: Buffer;
  readonly #auditKey: Buffer;
  readonly #log: Logger;
  readonly #now: () => number;
  /** Of ids without a key too: a request for one must not take the time of a read that a known key does not need. */
  readonly #cache = new Map<string, Found>();
  readonly #ephemeral = new Map<string, Known>();
  readonly #usedAt = new Map<string, number>();
  /** A connection holds one transaction at a time. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor({ connection, reader = connection, keyEncryptionKey, log, now = Date.now }: KeyRingOptions) {
    this.#connection = connection;
    this.#reader = reader;
    this.#keyEncryptionKey = keyEncryptionKey;
    this.#auditKey = deriveAuditKey(keyEncryptionKey);
    this.#log = log;
    this.#now = now;
  }

  create(request: NewKey, actor?: Actor): Promise<CreatedKey> {
    const event = actor === undefined ? 'first-key-created' : 'key-created';
    return this.#create(request, (key) => this.#audit(event, actor, key));
  }

  async #create(request: NewKey, audit: (key: StoredKey) => Promise<unknown>): Promise<CreatedKey> {
    checkScopes(request.scopes);
    const made = makeToken();
    const now = this.#now();
    const stored: StoredKey = {
      id: made.keyId,
      owner: request.owner,
      name: request.name ?? request.owner,
      scopes: [...request.scopes],
      wrapped: wrapKeys(deriveKeys(made), made.keyId, this.#keyEncryptionKey),
      sealedOnly: request.sealedOnly ?? false,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(now + (request.expiresInDays ?? DEFAULT_DAYS) * DAY_MS).toISOString(),
      revokedAt: null,
      lastUsedAt: null,
    };
    const inserted = await this.#write(() =>
      insertKey(this.#connection, stored, LIVE_KEYS_PER_OWNER, () => audit(stored)),
    );
    if (!inserted) throw keyLimit(request.owner);
    this.#cache.delete(made.keyId);
    return { token: made.token, key: toInfo(stored) };
  }

  createEphemeral(scopes: readonly string[], owner = 'local'): EphemeralKey {
    checkScopes(scopes);
    const made = makeToken();
    const identity = { keyId: made.keyId, owner, scopes: [...scopes] };
    const forever = { sealedOnly: false, expiresAt: Number.POSITIVE_INFINITY };
    this.#ephemeral.set(made.keyId, { identity, keys: deriveKeys(made), ...forever });
    return { ...identity, token: made.token };
  }

  isEphemeral(id: string): boolean {
    return this.#ephemeral.has(id);
  }

  async list(): Promise<readonly KeyInfo[]> {
    return (await listKeys(this.#reader)).map(toInfo);
  }

  async rotate(id: string, actor?: Actor): Promise<CreatedKey> {
    const { owner, name, scopes, sealedOnly, createdAt, expiresAt, revokedAt } = await this.#find(id);
    if (revokedAt !== null) {
      throw new RowferryError('key-not-found', `the key ${id} is revoked; only a live key can be rotated`);
    }
    const expiresInDays = (Date.parse(expiresAt) - Date.parse(createdAt)) / DAY_MS;
    return this.#create({ owner, name, scopes, sealedOnly, expiresInDays }, (key) =>
      this.#audit('key-rotated', actor, key, { takesPlaceOf: id }),
    );
  }

  async revoke(id: string, actor?: Actor): Promise<KeyInfo> {
    const found = await this.#find(id);
    const revokedAt = found.revokedAt ?? new Date(this.#now()).toISOString();
    const audit = () => this.#audit('key-revoked', actor, found);
    await this.#write(() => markRevoked(this.#connection, id, revokedAt, audit));
    this.#cache.delete(id);
    return toInfo({ ...found, revokedAt });
  }

  async authenticate(token: string): Promise<Identity | null> {
    const parsed = parseToken(token);
    if (parsed === null) return null;
    const given = deriveKeys(parsed);
    const known = await this.#known(parsed.keyId);
    // An unknown key is compared too, so that it takes as long as a wrong secret.
    const equal = equalKeys(given, known?.keys ?? NO_KEYS);
    if (known === null || !equal || known.expiresAt <= this.#now()) return null;
    if (known.sealedOnly) throw sealRequired(parsed.keyId);
    this.noteUse(parsed.keyId);
    return known.identity;
  }

  async keysOf(id: string): Promise<LiveKey | null> {
    const known = await this.#known(id);
    return known === null || known.expiresAt <= this.#now() ? null : known;
  }

  /** At most once a minute for each key, and never in the way of the request. */
  noteUse(id: string): void {
    const now = this.#now();
    if (this.#ephemeral.has(id) || now - (this.#usedAt.get(id) ?? 0) < USED_MS) return;
    this.#usedAt.set(id, now);
    this.#write(() => markUsed(this.#connection, id, new Date(now).toISOString())).catch((error: unknown) => {
      this.#usedAt.delete(id);
      this.#log.debug({ err: error, keyId: id }, 'the last use of a key was not noted');
    });
  }

  async close(): Promise<void> {
    this.#ephemeral.clear();
    await this.#write(() => this.#connection.close());
  }

  /** Inside the transaction that changes the key. */
  #audit(event: AuditEvent, actor: Actor = NOBODY, key: StoredKey, more = {}): Promise<unknown> {
    const { id, owner, name, scopes, sealedOnly, expiresAt } = key;
    const detail = { owner, name, scopes, sealedOnly, expiresAt, ...more };
    const draft = { event, actor, subject: id, detail, at: this.#now() };
    return appendEntries(this.#connection, this.#auditKey, [draft]);
  }

  #write<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#lastWrite.then(work);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }

  async #find(id: string): Promise<StoredKey> {
    const found = await findKey(this.#reader, id);
    if (found !== null) return found;
    throw new RowferryError('key-not-found', `there is no key ${id}`, {
      hint: 'list them: rowferry keys list',
    });
  }

  async #known(id: string): Promise<Known | null> {
    const cached = this.#ephemeral.get(id) ?? this.#cached(id);
    if (cached !== undefined) return cached;
    const readAt = this.#now();
    const known = this.#unwrap(await findKey(this.#reader, id));
    this.#remember(id, { known, readAt });
    return known;
  }

  /** Null for no key, a revoked one, and one that another key-encryption key has closed. */
  #unwrap(stored: StoredKey | null): Known | null {
    if (stored === null || stored.revokedAt !== null) return null;
    const { id, owner, scopes, sealedOnly, wrapped } = stored;
    const keys = unwrapKeys(wrapped, id, this.#keyEncryptionKey);
    if (keys === null) {
      this.#log.error({ keyId: id }, 'an API key cannot be opened with this key-encryption key');
      return null;
    }
    const identity = { keyId: id, owner, scopes };
    return { identity, keys, sealedOnly, expiresAt: Date.parse(stored.expiresAt) };
  }

  #cached(id: string): Known | null | undefined {
    const found = this.#cache.get(id);
    const age = this.#now() - (found?.readAt ?? 0);
    // A clock set back must not keep a revoked key alive.
    return age >= 0 && age < CACHE_MS ? found?.known : undefined;
  }

  #remember(id: string, found: Found): void {
    this.#cache.delete(id);
    this.#cache.set(id, found);
    if (this.#cache.size <= MOST_CACHED) return;
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined) this.#cache.delete(oldest);
  }
}

const NO_KEYS: DerivedKeys = { mac: Buffer.alloc(32), seal: Buffer.alloc(32) };

function keyLimit(owner: string): RowferryError {
  return new RowferryError('key-limit', `${owner} has ${LIVE_KEYS_PER_OWNER} live keys, which is the most`, {
    hint: 'end one first: rowferry keys list, then rowferry keys revoke ID (GET /v1/keys, DELETE /v1/keys/{id})',
  });
}

function sealRequired(id: string): RowferryError {
  return new RowferryError(
    'seal-required',
    `the key ${id} is for sealed requests only, and came as a Bearer token`,
    {
      hint: 'seal the request, as every command and client does (with curl: rowferry seal); it has travelled now, so rotate it: rowferry keys rotate ID',
    },
  );
}

function toInfo({ wrapped: _wrapped, ...info }: StoredKey): KeyInfo {
  return info;
}
