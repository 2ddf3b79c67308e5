import { type Command, Option } from 'commander';
import { fileKeyOfBackup } from '../../client/file-key.ts';
import { oneLine } from '../../log.ts';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';
import { count } from '../format.ts';
import { type IdentityFlags, identitiesOf, withIdentity } from '../identity.ts';
import { watchJob } from '../job-progress.ts';
import { connect } from '../local-server.ts';

interface VerifyFlags extends IdentityFlags {
  readonly level?: '0' | '1' | '2' | '3';
}

export function registerVerify(program: Command, app: App): void {
  const command = program
    .command('verify')
    .summary('read backups back whole')
    .description(
      'Read backups back whole: checksum, rows, digest. Without ids every backup. Exit code 1 when one is bad.',
    )
    .argument('[backup...]', 'ids of backups')
    .addOption(
      new Option(
        '--level <number>',
        '0: the file is there, 1: its SHA-256, 2: it is decoded, 3: it is restored into a scratch table (default: 2)',
      ).choices(['0', '1', '2', '3']),
    )
    .addHelpText(
      'after',
      examples(
        ['rowferry verify', 'every backup'],
        ['rowferry verify ID --level 3', 'one of them, restored into a scratch table'],
      ),
    );
  withIdentity(withServer(command)).action((named: string[], { level, identity }: VerifyFlags) =>
    app.run(async () => {
      const { ui } = app;
      const config = app.config(command, identity === undefined ? {} : { identity });
      const identities = identitiesOf(config);
      await using connected = await connect({ config, log: app.quietLog(config) });
      const { client } = connected;
      const backups = await client.backups();
      const ids = named.length > 0 ? named : backups.map(({ id }) => id);
      let bad = 0;
      for (const id of ids) {
        const info = backups.find((each) => each.id === id);
        const fileKey = info === undefined ? null : await fileKeyOfBackup(info, identities);
        const options = { fileKey, ...(level === undefined ? {} : { level }) };
        const backup = await watchJob(ui, (watch) => client.verify(id, { ...options, ...watch }));
        const asked = Number(level ?? 2);
        // Without its key no more than the SHA-256 of an encrypted one can be told.
        const proven = backup.encryption !== null && fileKey === null ? Math.min(asked, 1) : asked;
        ui.data({ ...backup, level: proven });
        if (backup.state === 'corrupt') bad += 1;
        const mark = backup.state === 'verified' ? ui.good('✓') : ui.bad('✗');
        ui.line(
          `${mark} ${oneLine(backup.id)} ${oneLine(backup.table)}: ${backup.state}, ${count(backup.rows)} rows`,
        );
        if (backup.problem !== null) ui.line(`  ${oneLine(backup.problem)}`);
        if (proven < asked) {
          const typed = `rowferry verify ${oneLine(id)} --identity FILE`;
          ui.line(`  its SHA-256 alone: it is encrypted. To decode it: ${typed}`);
        }
      }
      if (ids.length === 0) ui.line('there are no backups yet: rowferry backup');
      if (bad > 0) ui.line('\nnext: rowferry backup');
      return bad > 0 ? 1 : 0;
    }),
  );
}
