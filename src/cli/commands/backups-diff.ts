import type { Command } from 'commander';
import { type ChangedRow, type Diff, diffBackups } from '../../backup/diff.ts';
import type { BackupTable } from '../../backup/open-table.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { withBackup } from '../backup-source.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples, wholeNumber, withServer } from '../flags.ts';
import { count, plural } from '../format.ts';
import { type IdentityFlags, withIdentity } from '../identity.ts';

interface DiffFlags extends IdentityFlags {
  readonly rows: number;
}

export function registerDiff(parent: Command, app: App): void {
  const command = parent
    .command('diff')
    .summary('what changed between two backups')
    .description(
      'Compare the rows of two backups, without a database: by primary key where both have the same one, else by all ' +
        'values. Large ones take 32 bytes of temporary disk for each row, and little memory.',
    )
    .argument('<before>', 'path of an Avro file, or id of a backup')
    .argument('<after>', 'the same')
    .option('--rows <n>', 'rows to show of those that were added, removed and changed', wholeNumber, 10)
    .addHelpText(
      'after',
      `${examples(
        [
          'rowferry backups diff jobs.20261122T030000Z.1a2b3c4d jobs.20261123T030000Z.5e6f7a8b',
          'since yesterday',
        ],
        ['rowferry backups diff old.avro new.avro --rows 0 --json', 'the counts alone'],
      )}\n\nExit codes: 0 the same · 1 failed · 2 wrong use · 3 they differ`,
    );
  withIdentity(withServer(command)).action((before: string, after: string, flags: DiffFlags) =>
    app.run(async (): Promise<ExitCode> => {
      const config = app.config(command, flags.identity === undefined ? {} : { identity: flags.identity });
      const source = { config, log: app.quietLog(config) };
      return withBackup(before, source, (a) =>
        withBackup(after, source, async (b) => {
          const diff = await diffBackups(a, b, { limit: flags.rows });
          show(app, a, b, diff);
          return isSame(diff) ? 0 : 3;
        }),
      );
    }),
  );
}

function isSame({ added, removed, changed, columns }: Diff): boolean {
  const others = columns.added.length + columns.removed.length + columns.changed.length;
  return added + removed + changed + others === 0;
}

function show({ ui }: App, a: BackupTable, b: BackupTable, diff: Diff): void {
  const { key, columns, added, removed, changed, same, rows } = diff;
  const table = a.facts.table;
  ui.data({
    before: a.facts.id,
    after: b.facts.id,
    table,
    key,
    added,
    removed,
    changed,
    same,
    columns,
    rows,
  });
  const by = key.length === 0 ? 'all values' : key.map(oneLine).join(', ');
  ui.line(
    `${ui.bold(oneLine(table))} by ${by}: ${count(added)} added, ${count(removed)} removed, ` +
      `${count(changed)} changed, ${count(same)} the same`,
  );
  for (const [what, names] of Object.entries(columns)) {
    if (names.length > 0)
      ui.line(`${plural(names.length, 'column')} ${what}: ${names.map(oneLine).join(', ')}`);
  }
  for (const row of rows) ui.line(lineOf(row));
  const hidden = added + removed + changed - rows.length;
  if (hidden > 0 && rows.length > 0) ui.line(`… and ${count(hidden)} more: --rows`);
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

/** `~ id=1 name=Ann→Anna`: of a changed row the values that are not the same stand with an arrow. */
function lineOf({ change, before, after }: ChangedRow): string {
  const values = Object.keys(before ?? after ?? {}).map((name) => {
    const [was, is] = [before?.[name] ?? null, after?.[name] ?? null];
    const text =
      change === 'changed' && was !== is ? `${shown(was)}→${shown(is)}` : shown(before === null ? is : was);
    return `${oneLine(name)}=${text}`;
  });
  return `${SIGNS[change]} ${values.join(' ')}`;
}

const MOST_TEXT = 40;

function shown(text: string | null): string {
  if (text === null) return 'NULL';
  const line = oneLine(text);
  return line.length <= MOST_TEXT ? line : `${line.slice(0, MOST_TEXT - 1)}…`;
}
