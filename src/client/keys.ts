import { RowferryError } from '../errors.ts';
import type { Schemas } from './api-documents.ts';
import type { CreatedKey, KeyInfo, NewKey } from './documents.ts';
import type { Api } from './retry.ts';

/** API keys, for a key with the scope keys:admin. A token is in the answer that makes it and nowhere else. */
export interface ApiKeys {
  list(): Promise<readonly KeyInfo[]>;
  create(request: NewKey): Promise<CreatedKey>;
  /** A second key of the same owner and scopes; the first goes on until it is revoked. */
  rotate(id: string): Promise<CreatedKey>;
  revoke(id: string): Promise<KeyInfo>;
}

export function apiKeys(api: Api): ApiKeys {
  return {
    list: async () => (await api.call('GET /v1/keys', {})).keys,
    create: async (json) => shown(await api.call('POST /v1/keys', { json })),
    rotate: async (id) => shown(await api.call('POST /v1/keys/{id}/rotate', { path: { id } })),
    revoke: (id) => api.call('DELETE /v1/keys/{id}', { path: { id } }),
  };
}

/** A token is null where the first answer was lost on the way and this one repeats it. */
function shown({ token, key }: Schemas['CreatedKey']): CreatedKey {
  if (token !== null) return { token, key };
  throw new RowferryError(
    'answer-invalid',
    `the answer with the token of key ${key.id} was lost on the way`,
    {
      hint: `a token is shown once: rowferry keys revoke ${key.id}, then make another key`,
    },
  );
}
