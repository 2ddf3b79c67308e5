import type { Command } from 'commander';
import type { App } from '../app.ts';
import { offerFirstKey } from '../first-key.ts';
import { examples, type ListenFlags, withListen } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { followUps, listen } from '../service.ts';
import { serviceOutput } from '../service-output.ts';

export function registerServe(program: Command, app: App): void {
  const command = program
    .command('serve')
    .summary('the server alone, with the scheduled backups')
    .description('Start the server and the scheduled backups, without the folder, until Ctrl-C.')
    .addHelpText(
      'after',
      examples(
        ['rowferry serve', 'on 127.0.0.1:5000'],
        ['rowferry serve --port 8080 --log json', 'elsewhere, with the structured log on stdout'],
        [
          'rowferry serve --host 0.0.0.0 --tls-cert hr.pem --tls-key hr.key',
          'HTTPS (TLS 1.3), for other machines',
        ],
      ),
    );
  withListen(command).action(({ log: format, ...settings }: ListenFlags) =>
    app.run(async () => {
      const config = app.config(command, settings);
      const output = serviceOutput(app, config, format);
      const { ui, log } = output;
      using interrupt = onInterrupt(() => ui.line('\nstopping; what is under way is finished first'));
      await using service = await listen(config, log, interrupt.signal);
      if (service === null) return 0;
      ui.line(
        `${ui.bold('rowferry')} serves at ${ui.bold(service.server.url)}  ·  the API: ${service.server.url}/docs`,
      );
      await offerFirstKey(output, service.server);
      followUps(ui, service.server);
      await interrupt.ended;
      return 0;
    }),
  );
}
