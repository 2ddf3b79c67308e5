import type { Command } from 'commander';
import type { App } from '../app.ts';
import { examples, type LogFlags, logOption, withServer } from '../flags.ts';
import { Folder } from '../folder.ts';
import { onInterrupt } from '../interrupt.ts';
import { connect } from '../local-server.ts';
import { followUps, onceItAnswers } from '../service.ts';
import { serviceOutput } from '../service-output.ts';

export function registerWatch(program: Command, app: App): void {
  const command = program
    .command('watch')
    .summary('the folder watcher alone')
    .description(
      'Watch data/incoming and load what is dropped there, until Ctrl-C: through the server named, or through one ' +
        'of its own that nobody else can reach.',
    )
    .addOption(logOption())
    .addHelpText(
      'after',
      examples(
        ['rowferry watch', 'into the configured database'],
        ['ROWFERRY_KEY=rfk_… rowferry watch --server https://db.example', 'send them to another machine'],
      ),
    );
  withServer(command).action(({ log: format }: LogFlags) =>
    app.run(async () => {
      const config = app.config(command);
      const { ui, log } = serviceOutput(app, config, format);
      using interrupt = onInterrupt(() => ui.line('\nstopping; what is under way is finished first'));
      const start = () => connect({ config, log: () => log });
      await using connected = await onceItAnswers(start, { config, log, signal: interrupt.signal });
      if (connected === null) return 0;
      await using folder = new Folder({ config, log, ui, client: connected.client });
      await folder.start();
      ui.line(`watching ${folder.incoming}`);
      await Promise.race([folder.settled(), interrupt.ended]);
      if (connected.own !== null) followUps(ui, connected.own);
      await interrupt.ended;
      return 0;
    }),
  );
}
