import { type Command, InvalidArgumentError } from 'commander';
import type { CreatedKey, KeyInfo, NewKey, Rowferry } from '../../client/client.ts';
import { oneLine } from '../../log.ts';
import { ALL_TABLES, OWNER_PATTERN } from '../../seal/scopes.ts';
import type { App } from '../app.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { moment } from '../format.ts';
import { lifeOf } from '../key-life.ts';
import { connect } from '../local-server.ts';
import type { Ui } from '../ui.ts';

const ID_HELP = 'id of a key (rowferry keys list), or the key itself';

const SCOPES_HELP = `
Scopes: a key may do what one of its scopes names, and nothing else.
  tables:<name>:<action>   one action on one table; * in the name stands for any
                           characters, * as the action for all actions
  keys:admin               make, list, rotate and revoke keys; read the audit log

Actions:
  insert    load rows and files, in the modes insert and skip
  upsert    load rows and files, in the mode upsert
  rejects   read what was not loaded; with insert or upsert, also send it again
  read      see how many rows the table has
  backup    make, verify and download backups
  restore   replace the whole table by a backup
  replace   kept for loads that replace a table
Any of them also shows the rules of the table and its loads.
`;

interface CreateFlags {
  readonly owner: string;
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly days?: number;
  readonly sealedOnly?: boolean;
}

export function registerKeys(program: Command, app: App): void {
  const keys = program
    .command('keys')
    .summary('make, list, rotate and revoke API keys')
    .description(
      'API keys: what a program needs to call the server. A key is printed once, when it is made. The commands work ' +
        'on the configured database, with or without a server running on it; or, with --server, through a server ' +
        'elsewhere, with a key of the scope keys:admin in ROWFERRY_KEY.',
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry keys create --owner payroll --scope tables:hired_employees:insert', 'for one table only'],
        ['rowferry keys rotate 7Hq2mB9xT4cD', 'a second key; revoke the first when the second is in use'],
        [
          'ROWFERRY_KEY=rfk_… rowferry keys list --server https://hr.example:5000',
          'those of another machine',
        ],
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
    .option('--owner <name>', 'the person or program it is for; has two live keys at most', ownerOf, 'admin')
    .option('--name <text>', 'what it is for')
    .option('--scope <scope...>', 'what it may do, see below (default: tables:*:*)')
    .option('--days <n>', 'how long it is good for (default: 90)', daysOf)
    .option('--sealed-only', 'not good as a Bearer token, only for sealed requests')
    .addHelpText(
      'after',
      SCOPES_HELP +
        examples(
          ['rowferry keys create --owner me', 'every table, every action'],
          [
            'rowferry keys create --owner reader --scope "tables:hr_*:read" --days 30',
            'to look only, for a month',
          ],
          [
            'rowferry keys create --owner hr --scope tables:jobs:insert tables:jobs:rejects',
            'to load into one table, and see what was not loaded',
          ],
          [
            'rowferry keys create --owner ops --scope "tables:*:*" keys:admin',
            'to make keys from elsewhere too',
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
        scopes: scope ?? [ALL_TABLES],
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
      if (found.length === 0) return app.ui.line('there are no keys yet: rowferry keys create');
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
          stateOf(app.ui, key),
        ]),
      );
      const ending = found.find((key) => lifeOf(key) === 'expires soon');
      if (ending !== undefined) app.ui.line(`\nnext: rowferry keys rotate ${ending.id}`);
    }),
  );
}

function registerRotate(keys: Command, app: App): void {
  const command = keys
    .command('rotate')
    .summary('make a second key to take the place of one')
    .description(
      'Make a second key of the same owner, scopes and time, and print it, this once. Both are good then: put the new ' +
        'one where the old one was used, see with keys list that the old one is used no more, and revoke it.',
    )
    .argument('<id>', ID_HELP, idOf)
    .addHelpText('after', examples(['rowferry keys rotate 7Hq2mB9xT4cD', 'then revoke 7Hq2mB9xT4cD']));
  withServer(command).action((id: string) =>
    act(app, command, async (client) => {
      showCreated(app, await client.keys.rotate(id));
      app.ui.line('\nboth keys are good now: put the new one where the old one is used;');
      app.ui.line(`when keys list shows the old one used no more: rowferry keys revoke ${oneLine(id)}`);
    }),
  );
}

function registerRevoke(keys: Command, app: App): void {
  const command = keys
    .command('revoke')
    .summary('end a key')
    .description('End a key, within a second, everywhere.')
    .argument('<id>', ID_HELP, idOf)
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

function stateOf(ui: Ui, key: KeyInfo): string {
  const life = lifeOf(key);
  return life === 'expires soon' ? ui.warn(life) : life;
}

/** Of a whole key only its id is taken: its secret belongs into no path, message or log. */
function idOf(text: string): string {
  return /^rfk_([0-9A-Za-z]{12})(?:_|$)/.exec(text)?.[1] ?? text;
}

function ownerOf(text: string): string {
  if (new RegExp(OWNER_PATTERN).test(text)) return text;
  throw new InvalidArgumentError('expected 1 to 64 letters, digits and . _ @ -, such as payroll.');
}

function daysOf(text: string): number {
  const days = wholeNumber(text);
  if (days >= 1 && days <= 3650) return days;
  throw new InvalidArgumentError('expected 1 to 3650.');
}
