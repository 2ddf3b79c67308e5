import { type Command, Option } from 'commander';
import type { BackupResult } from '../../backup/backups.ts';
import { oneLine } from '../../log.ts';
import { type AvroOptions, CODECS, PROFILES } from '../../model/avro-options.ts';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';
import { count, seconds, size } from '../format.ts';
import { watchJob } from '../job-progress.ts';
import { connect } from '../local-server.ts';

export function registerBackup(program: Command, app: App): void {
  const command = program
    .command('backup')
    .summary('back tables up as Avro files')
    .description(
      'Write one Avro file for each table under backups/, all from one snapshot, each read back whole before it ' +
        'counts. Without names every table.',
    )
    .argument('[table...]', 'tables')
    .addOption(
      new Option(
        '--codec <name>',
        'of the files (default: as configured, or deflate, which every Avro reader knows)',
      ).choices(CODECS),
    )
    .addOption(
      new Option(
        '--profile <name>',
        'moments without a zone: iceberg, timestamp-micros with adjust-to-utc false, or standard, ' +
          'local-timestamp-micros (default: as configured, or iceberg)',
      ).choices(PROFILES),
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry backup', 'every table'],
        ['rowferry backup jobs departments', 'two of them, as they were at one moment'],
        ['rowferry backup --codec zstandard', 'half the work of packing, for readers that know it'],
      ),
    );
  withServer(command).action((tables: string[], avro: Partial<AvroOptions>) =>
    app.run(async () => {
      const config = app.config(command);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      const { codec, profile } = avro;
      const named = tables.length === 0 ? undefined : tables;
      const results = await watchJob(app.ui, (watch) => client.backup(named, { codec, profile, ...watch }));
      for (const { id: _id, ...line } of results) app.ui.data(line);
      showResults(app, results);
      return 0;
    }),
  );
}

function showResults(app: App, results: readonly BackupResult[]): void {
  const { ui } = app;
  ui.table(
    ['table', 'rows>', 'size>', 'seconds>', 'state', 'file'],
    results.map(({ table, rows, bytes, seconds: time, state, file }) => [
      oneLine(table),
      count(rows),
      size(bytes),
      seconds(time),
      state === 'verified' ? ui.good(state) : state,
      oneLine(file),
    ]),
  );
  const first = results[0];
  if (first !== undefined) ui.line(`\nnext: rowferry restore ${oneLine(first.file)} --dry-run`);
}
