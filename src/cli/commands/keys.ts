import type { Command } from 'commander';
import type { CreatedKey, KeyInfo, NewKey, Rowferry } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { moment } from '../format.ts';
import { connect } from '../local-server.ts';

interface CreateFlags {
  readonly owner: string;
  readonly name?: string;
  readonly scope: readonly string[];
  readonly days?: number;
  readonly sealedOnly?: boolean;
}

export function registerKeys(program: Command, app: App): void {
  const keys = program
    .command('keys')
    .summary('make, list, rotate and revoke API keys')
    .description('API keys: what a program needs to call the server. A key is printed once, when it is made.')
    .addHelpText(
      'after',
      examples(
        ['rowferry keys create --owner payroll --scope tables:hired_employees:insert', 'for one table only'],
        ['rowferry keys rotate 7Hq2mB9xT4cD', 'a second key; revoke the first when the second is in use'],
      ),
    );
  registerCreate(keys, app);
  registerList(keys, app);
  registerRotate(keys, app);
  registerRevoke(keys, app);
}

function registerCreate(keys: Command, app: App): void {
  const command = keys
    .command('create')
    .summary('make a key')
    .description('Make an API key and print it, this once.')
    .option('--owner <name>', 'the person or program it is for', 'admin')
    .option('--name <text>', 'what it is for')
    .option('--scope <scope...>', 'tables:<name or glob>:<action>, or keys:admin', ['tables:*:*'])
    .option('--days <n>', 'how long it is good for (default: 90)', wholeNumber)
    .option('--sealed-only', 'not good as a Bearer token, only for sealed requests')
    .addHelpText(
      'after',
      '\nActions: read, insert, upsert, replace, backup, restore, rejects, or * for all.\n' +
        examples(
          ['rowferry keys create --owner me', 'every table, every action'],
          [
            'rowferry keys create --owner reader --scope "tables:hr_*:read" --days 30',
            'to look only, for a month',
          ],
          [
            'rowferry keys create --owner ferry --sealed-only',
            'a key that never travels: no Bearer, no curl -H',
          ],
        ),
    );
  withServer(command).action(({ owner, name, scope, days, sealedOnly }: CreateFlags) =>
    act(app, command, async (client) => {
      const request: NewKey = {
        owner,
        scopes: scope,
        ...(name === undefined ? {} : { name }),
        ...(days === undefined ? {} : { expiresInDays: days }),
        ...(sealedOnly === undefined ? {} : { sealedOnly }),
      };
      showCreated(app, await client.keys.create(request));
    }),
  );
}

function registerList(keys: Command, app: App): void {
  const command = keys
    .command('list')
    .summary('list the keys')
    .description('List the keys, newest first; the tokens themselves are kept nowhere.')
    .addHelpText('after', examples(['rowferry keys list', 'who may do what, and until when']));
  withServer(command).action(() =>
    act(app, command, async (client) => {
      const found = await client.keys.list();
      for (const key of found) app.ui.data(key);
      app.ui.table(
        ['key', 'owner', 'name', 'scopes', 'expires', 'last used', 'use', 'state'],
        found.map((key) => [
          key.id,
          oneLine(key.owner),
          oneLine(key.name),
          oneLine(key.scopes.join(' ')),
          moment(key.expiresAt),
          key.lastUsedAt === null ? 'never' : moment(key.lastUsedAt),
          key.sealedOnly ? 'sealed only' : 'sealed, bearer',
          stateOf(key),
        ]),
      );
      if (found.length === 0) app.ui.line('there are no keys yet: rowferry keys create');
    }),
  );
}

function registerRotate(keys: Command, app: App): void {
  const command = keys
    .command('rotate')
    .summary('make a second key to take the place of one')
    .description('Make a second key of the same owner and scopes. The first goes on until it is revoked.')
    .argument('<id>', 'id of a key')
    .addHelpText('after', examples(['rowferry keys rotate 7Hq2mB9xT4cD', 'then revoke 7Hq2mB9xT4cD']));
  withServer(command).action((id: string) =>
    act(app, command, async (client) => {
      showCreated(app, await client.keys.rotate(id));
      app.ui.line(`next: rowferry keys revoke ${oneLine(id)}, when nothing uses it any more`);
    }),
  );
}

function registerRevoke(keys: Command, app: App): void {
  const command = keys
    .command('revoke')
    .summary('end a key')
    .description('End a key, within a second, everywhere.')
    .argument('<id>', 'id of a key')
    .addHelpText('after', examples(['rowferry keys revoke 7Hq2mB9xT4cD', 'it opens nothing any more']));
  withServer(command).action((id: string) =>
    act(app, command, async (client) => {
      const key = await client.keys.revoke(id);
      app.ui.data(key);
      app.ui.line(`${app.ui.good('✓')} ${key.id} of ${oneLine(key.owner)} opens nothing any more`);
    }),
  );
}

function act(app: App, command: Command, work: (client: Rowferry) => Promise<void>): Promise<void> {
  return app.run(async () => {
    const config = app.config(command);
    await using connected = await connect({ config, log: app.quietLog(config) });
    await work(connected.client);
    return 0;
  });
}

function showCreated(app: App, { token, key }: CreatedKey): void {
  const { ui } = app;
  ui.data({ token, key });
  ui.line(`${ui.bold(token)}`);
  const use = key.sealedOnly ? ', for sealed requests only' : '';
  ui.line(
    `  of ${oneLine(key.owner)}, for ${oneLine(key.scopes.join(' '))}, until ${moment(key.expiresAt)}${use}`,
  );
  ui.line('  it is shown this once: put it into ROWFERRY_KEY, and every command and client seals with it');
}

function stateOf(key: KeyInfo): string {
  if (key.revokedAt !== null) return 'revoked';
  return Date.parse(key.expiresAt) < Date.now() ? 'expired' : 'good';
}
