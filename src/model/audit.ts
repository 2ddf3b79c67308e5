/** The audit log's nouns: who did what to the keys and the tables, and who was refused. */

export const AUDIT_EVENTS = [
  'auth-failed',
  'denied',
  'first-key-created',
  'key-created',
  'key-rotated',
  'key-revoked',
  'restore-started',
  'restore-finished',
  'backup-downloaded',
  'backup-deletion-started',
  'backup-deleted',
  'backup-held',
  'backup-released',
  'events-dropped',
] as const;

export type AuditEvent = (typeof AUDIT_EVENTS)[number];

/** Who did it. Without an owner the key is only claimed, not proven. */
export interface Actor {
  readonly owner: string | null;
  readonly keyId: string | null;
  readonly address: string | null;
}

/** The program itself. */
export const NOBODY: Actor = { owner: null, keyId: null, address: null };

/** What happened, before it has its place in the chain. */
export interface AuditDraft {
  readonly event: AuditEvent;
  readonly actor: Actor;
  /** The table, key or backup it is about. */
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** When it happened, where that was before it is written. Milliseconds since 1970. */
  readonly at?: number;
}

export interface AuditEntry extends Actor {
  /** 1, 2, 3 …: the order in which the entries were written. */
  readonly sequence: number;
  /** RFC 3339 in UTC: when it happened. */
  readonly time: string;
  readonly event: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  /** The hash of the entry before; 64 zeros in the first. Hex. */
  readonly previous: string;
  /** HMAC-SHA256 over the entry and `previous` (docs/audit.md). Hex. */
  readonly hash: string;
}

/** The last entry of a chain; sequence 0 and 64 zeros for an empty one. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditFilter {
  readonly limit?: number;
  /** Only entries before this sequence number. */
  readonly before?: number;
  readonly event?: AuditEvent;
}

export interface AuditVerification {
  readonly ok: boolean;
  /** Entries that fit, from the first on. */
  readonly entries: number;
  /** The last one that fits. */
  readonly head: ChainHead;
  /** The first that does not. */
  readonly problem: { readonly sequence: number; readonly detail: string } | null;
}
