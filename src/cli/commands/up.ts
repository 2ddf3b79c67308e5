import type { Command } from 'commander';
import type { Config } from '../../config.ts';
import { shownUrl } from '../../database/open.ts';
import type { RunningServer } from '../../server/listen.ts';
import type { App } from '../app.ts';
import type { ExitCode } from '../exit-codes.ts';
import { offerFirstKey } from '../first-key.ts';
import { firstRun, isFirstRun } from '../first-run.ts';
import { examples, type ListenFlags, withListen } from '../flags.ts';
import { Folder } from '../folder.ts';
import { onInterrupt } from '../interrupt.ts';
import { clientOf } from '../local-server.ts';
import { followUps, listen } from '../service.ts';
import { type ServiceOutput, serviceOutput } from '../service-output.ts';
import type { Ui } from '../ui.ts';

export function registerUp(program: Command, app: App): void {
  const command = program
    .command('up')
    .summary('server, folder watcher and daily backups in one')
    .description(
      'Start the server, watch data/incoming for CSV files, and make the scheduled backups, until Ctrl-C. With ' +
        'nothing configured an embedded database with three example tables is made under data/ and loaded.',
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry up', 'everything, in the current folder'],
        ['rowferry up --database-url sqlite:/srv/hr.sqlite --port 8080', 'for a database of your own'],
        ['ROWFERRY_DATABASE_URL=postgres://hr@db/hr rowferry up', 'for one on a server: docs/databases.md'],
        [
          'rowferry up --host 0.0.0.0 --tls-cert hr.pem --tls-key hr.key',
          'HTTPS (TLS 1.3), for other machines',
        ],
        ['rowferry up --log json > rowferry.log', 'the structured log, for a service manager'],
      ),
    );
  withListen(command).action(({ log, ...settings }: ListenFlags) =>
    app.run(async () => {
      const config = app.config(command, settings);
      return up(config, serviceOutput(app, config, log));
    }),
  );
}

async function up(config: Config, output: ServiceOutput): Promise<ExitCode> {
  const { ui, log } = output;
  using interrupt = onInterrupt(() => ui.line('\nstopping; what is under way is finished first'));
  const first = isFirstRun(config);
  if (first) await firstRun(config);
  await using service = await listen(config, log, interrupt.signal);
  if (service === null) return 0;
  const { server } = service;
  printSettings(ui, config, server);
  await offerFirstKey(output, server);
  if (first) ui.line('\nthree example tables are made; loading their files');
  const client = await clientOf(server);
  await using folder = new Folder({ config, log, ui, client });
  await folder.start();
  await Promise.race([folder.settled(), interrupt.ended]);
  followUps(ui, server);
  if (!interrupt.signal.aborted) printNext(ui, server, folder, first);
  await interrupt.ended;
  client.close();
  return 0;
}

function printSettings(ui: Ui, config: Config, { url, backups }: RunningServer): void {
  const next = backups.nextRun();
  const schedule = next === null ? 'none scheduled' : `next ${next.toLocaleString('sv-SE')}`;
  ui.line(`${ui.bold('rowferry')} is up at ${ui.bold(url)}`);
  ui.line(`  database  ${shownUrl(config.databaseUrl)}`);
  ui.line(`  home      ${config.home}${config.file === null ? '' : ' (rowferry.config.json)'}`);
  ui.line(`  backups   ${schedule}`);
}

function printNext(ui: Ui, { url }: RunningServer, folder: Folder, first: boolean): void {
  ui.line();
  ui.line(`open  ${url}  ·  the API: ${url}/docs`);
  ui.line(`drop  a CSV file into ${folder.incoming}: jobs.csv goes into the table jobs`);
  ui.line('try   npx rowferry rejects    what was not loaded, and why');
  ui.line('      npx rowferry tables     what can be loaded');
  ui.line('      npx rowferry backup     every table as an Avro file');
  if (first) ui.line('      npx rowferry init       use a database of your own');
  ui.line('stop  Ctrl-C');
}
