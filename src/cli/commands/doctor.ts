import type { Command } from 'commander';
import type { App } from '../app.ts';
import { examples, withServer } from '../flags.ts';

export function registerDoctor(program: Command, app: App): void {
  const command = program
    .command('doctor')
    .summary('say what is wrong with this set-up')
    .description('Check the set-up, and say for each fault the command that mends it. Nothing is written.')
    .addHelpText('after', examples(['rowferry doctor', 'exit code 1 when something is wrong']));
  withServer(command).action(() =>
    app.run(async () => {
      // What it looks at is most of the program; the help of all commands need not wait for it.
      const { doctor } = await import('../doctor.ts');
      return doctor(app, command);
    }),
  );
}
