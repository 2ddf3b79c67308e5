import type { AuditEntry, AuditFilter, AuditVerification, ChainHead } from '../model/audit.ts';
import type { Api } from './retry.ts';

/** Newest first; at most 100 unless said otherwise. */
export async function listAudit(api: Api, filter: AuditFilter): Promise<readonly AuditEntry[]> {
  const call = { method: 'GET', path: '/v1/audit', query: { ...filter } } as const;
  return (await api.json<{ entries: readonly AuditEntry[] }>(call)).entries;
}

export function verifyAudit(api: Api, kept: ChainHead | undefined): Promise<AuditVerification> {
  const head = kept === undefined ? undefined : `${kept.sequence}:${kept.hash}`;
  return api.json({ method: 'GET', path: '/v1/audit/verification', query: { head } });
}
