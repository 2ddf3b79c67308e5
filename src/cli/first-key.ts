import type { RunningServer } from '../server/listen.ts';
import type { Ui } from './ui.ts';

const OWNER = 'admin';
const SCOPES = ['tables:*:*', 'keys:admin'];

/** Makes the first API key when there is none, and prints it: the only time it can be read. */
export async function printFirstKey(ui: Ui, server: RunningServer): Promise<void> {
  if ((await server.keys.list()).length > 0) return;
  const { token } = await server.keys.create({ owner: OWNER, name: 'first key', scopes: SCOPES });
  ui.line();
  ui.line(`API key, shown this once: ${ui.bold(token)}`);
  ui.line(`  curl -H 'Authorization: Bearer ${token}' ${server.url}/v1/tables`);
  ui.line('  more keys: rowferry keys create; this one away: rowferry keys revoke');
}
