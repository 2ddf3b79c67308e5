import type { CreatedKey, KeyRing } from '../ledger/keys.ts';
import { isLocalUrl } from '../server/address.ts';
import type { RunningServer } from '../server/listen.ts';
import type { ServiceOutput } from './service-output.ts';
import type { Ui } from './ui.ts';

const FIRST = { owner: 'admin', name: 'first key', scopes: ['tables:*:*', 'keys:admin'] };

/** The first API key, for everything; null when there is one, also when it is expired or revoked. */
export async function makeFirstKey(keys: Pick<KeyRing, 'list' | 'create'>): Promise<CreatedKey | null> {
  return (await keys.list()).length > 0 ? null : keys.create(FIRST);
}

/**
 * Makes the first API key when there is none, and prints it: the only time it can be read. Where nobody may be reading
 * and the lines are kept, none is made.
 */
export async function offerFirstKey({ ui, isRead }: ServiceOutput, server: RunningServer): Promise<void> {
  if (!isRead) return pointToKeys(ui, server);
  const made = await makeFirstKey(server.keys);
  if (made === null) return;
  ui.line();
  showFirstKey(ui, made.token, server.url);
}

export function showFirstKey(ui: Ui, token: string, url: string): void {
  ui.line(`API key, shown this once: ${ui.bold(token)}`);
  // Bearer over plain HTTP to another address than loopback's is refused.
  ui.line(`  ${url.startsWith('https:') || isLocalUrl(url) ? curl(token, url) : command(token, url)}`);
  ui.line('  more keys: rowferry keys create; this one away: rowferry keys revoke');
}

async function pointToKeys(ui: Ui, { keys }: RunningServer): Promise<void> {
  if ((await keys.list()).length > 0) return;
  ui.line(
    'there is no API key yet, and none is printed where it would be kept; here, with the same settings, type:',
  );
  ui.line(`  rowferry keys create --owner ${FIRST.owner} --scope '${FIRST.scopes.join("' '")}'`);
}

function curl(token: string, url: string): string {
  return `curl -H 'Authorization: Bearer ${token}' ${url}/v1/tables`;
}

function command(token: string, url: string): string {
  return `ROWFERRY_KEY=${token} rowferry tables --server ${url}`;
}
