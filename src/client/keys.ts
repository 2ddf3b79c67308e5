import type { CreatedKey, KeyInfo, NewKey } from '../ledger/keys.ts';
import { encodeText } from '../lib/bytes.ts';
import type { Api } from './retry.ts';

export type { CreatedKey, KeyInfo, NewKey };

/** API keys, for a key with the scope keys:admin. A token is in the answer that makes it and nowhere else. */
export interface ApiKeys {
  list(): Promise<readonly KeyInfo[]>;
  create(request: NewKey): Promise<CreatedKey>;
  /** A second key of the same owner and scopes; the first goes on until it is revoked. */
  rotate(id: string): Promise<CreatedKey>;
  revoke(id: string): Promise<KeyInfo>;
}

export function apiKeys(api: Api): ApiKeys {
  const pathOf = (id: string) => `/v1/keys/${encodeURIComponent(id)}`;
  return {
    async list() {
      return (await api.json<{ keys: readonly KeyInfo[] }>({ method: 'GET', path: '/v1/keys' })).keys;
    },
    create(request) {
      const body = encodeText(JSON.stringify(request));
      return api.json({ method: 'POST', path: '/v1/keys', body, contentType: 'application/json' });
    },
    rotate: (id) => api.json({ method: 'POST', path: `${pathOf(id)}/rotate` }),
    revoke: (id) => api.json({ method: 'DELETE', path: pathOf(id) }),
  };
}
