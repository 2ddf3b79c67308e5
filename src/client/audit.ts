import type { AuditEntry, AuditFilter, AuditVerification, ChainHead } from '../model/audit.ts';
import type { Api } from './retry.ts';

/** Newest first; at most 100 unless said otherwise. */
export async function listAudit(
  api: Api,
  { limit, before, event }: AuditFilter,
): Promise<readonly AuditEntry[]> {
  return (await api.call('GET /v1/audit', { query: { limit, before, event } })).entries;
}

export function verifyAudit(api: Api, kept: ChainHead | undefined): Promise<AuditVerification> {
  const head = kept === undefined ? undefined : `${kept.sequence}:${kept.hash}`;
  return api.call('GET /v1/audit/verification', { query: { head } });
}
