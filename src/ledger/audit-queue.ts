import type { Actor, AuditDraft } from '../model/audit.ts';

/** What is noted in passing, and told apart by event, code, address and key alone. */
export interface AuditNote extends AuditDraft {
  readonly detail: { readonly code?: string } & AuditDraft['detail'];
  readonly at: number;
}

interface Group {
  readonly note: AuditNote;
  /** A few of what it was about; the first among them. */
  readonly subjects: Set<string>;
  count: number;
  firstAt: number;
  lastAt: number;
}

/** What waited to be written. */
export interface AuditBatch {
  readonly groups: ReadonlyMap<string, Group>;
  readonly dropped: number;
}

/** Entries that one window makes at most, whoever sends whatever. */
export const MOST_GROUPS = 100;
/** Key ids are easily made up: an address that claims more of them has the rest counted together. */
const MOST_CLAIMS = 8;
const MOST_SUBJECTS = 10;

/** Events that wait to be written, like ones counted together. Bounded: what finds no room is only counted. */
export class AuditQueue {
  #groups = new Map<string, Group>();
  #claims = new Map<string | null, number>();
  #dropped = 0;

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#dropped === 0;
  }

  /** False when there was no room for it. */
  add(note: AuditNote): boolean {
    const key = keyOf(note);
    const group = this.#groups.get(key);
    if (group !== undefined) {
      merge(group, groupOf(note));
      return true;
    }
    if (this.#claimsTooMany(note)) return this.add({ ...note, actor: { ...note.actor, keyId: null } });
    return this.#open(key, groupOf(note));
  }

  /** All of it; the queue is empty afterwards. */
  take(): AuditBatch {
    const batch = { groups: this.#groups, dropped: this.#dropped };
    this.#groups = new Map();
    this.#claims = new Map();
    this.#dropped = 0;
    return batch;
  }

  /** What could not be written now is for the next time; answers how many events found no room again. */
  putBack({ groups, dropped }: AuditBatch): number {
    const before = this.#dropped;
    for (const [key, group] of groups) {
      const there = this.#groups.get(key);
      if (there === undefined) this.#open(key, group);
      else merge(there, group);
    }
    const lost = this.#dropped - before;
    this.#dropped += dropped;
    return lost;
  }

  #open(key: string, group: Group): boolean {
    if (this.#groups.size >= MOST_GROUPS) {
      this.#dropped += group.count;
      return false;
    }
    this.#groups.set(key, group);
    const { owner, keyId, address } = group.note.actor;
    if (owner === null && keyId !== null) this.#claims.set(address, (this.#claims.get(address) ?? 0) + 1);
    return true;
  }

  #claimsTooMany({ actor: { owner, keyId, address } }: AuditNote): boolean {
    return owner === null && keyId !== null && (this.#claims.get(address) ?? 0) >= MOST_CLAIMS;
  }
}

/** The entries of a batch, in the order in which the first event of each came. */
export function draftsOf({ groups, dropped }: AuditBatch, now: number, nobody: Actor): AuditDraft[] {
  const drafts = [...groups.values()].map(toDraft).sort((left, right) => left.at - right.at);
  if (dropped === 0) return drafts;
  const detail = { count: dropped };
  return [...drafts, { event: 'events-dropped', actor: nobody, subject: null, detail, at: now }];
}

function toDraft({ note, subjects, count, firstAt, lastAt }: Group): AuditDraft & { readonly at: number } {
  const last = count > 1 ? { lastAt: new Date(lastAt).toISOString() } : {};
  const about = subjects.size > 1 ? { subjects: [...subjects] } : {};
  return { ...note, at: firstAt, detail: { ...note.detail, count, ...last, ...about } };
}

function merge(into: Group, from: Group): void {
  into.count += from.count;
  into.firstAt = Math.min(into.firstAt, from.firstAt);
  into.lastAt = Math.max(into.lastAt, from.lastAt);
  for (const subject of from.subjects) {
    if (into.subjects.size < MOST_SUBJECTS) into.subjects.add(subject);
  }
}

function groupOf(note: AuditNote): Group {
  const subjects = new Set(note.subject === null ? [] : [note.subject]);
  return { note, subjects, count: 1, firstAt: note.at, lastAt: note.at };
}

function keyOf({ event, detail, actor }: AuditNote): string {
  return JSON.stringify([event, detail.code, actor.address, actor.keyId]);
}
