import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { App, type CommonFlags } from './app.ts';
import { registerAudit } from './commands/audit.ts';
import { registerBackup } from './commands/backup.ts';
import { registerBackups } from './commands/backups.ts';
import { registerCheck } from './commands/check.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerInit } from './commands/init.ts';
import { registerKeys } from './commands/keys.ts';
import { registerLoad } from './commands/load.ts';
import { registerReceipts } from './commands/receipts.ts';
import { registerRejects } from './commands/rejects.ts';
import { registerRestore } from './commands/restore.ts';
import { registerSeal } from './commands/seal.ts';
import { registerServe } from './commands/serve.ts';
import { registerTables } from './commands/tables.ts';
import { registerUnseal } from './commands/unseal.ts';
import { registerUp } from './commands/up.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWatch } from './commands/watch.ts';
import { type Stream, type Streams, Ui } from './ui.ts';

/** The commands in the order of the help. */
const COMMANDS = [
  registerUp,
  registerServe,
  registerWatch,
  registerLoad,
  registerCheck,
  registerTables,
  registerReceipts,
  registerRejects,
  registerBackup,
  registerBackups,
  registerVerify,
  registerRestore,
  registerKeys,
  registerAudit,
  registerSeal,
  registerUnseal,
  registerInit,
  registerDoctor,
];

/** Runs one command line (without node and script); the exit code. */
export async function run(argv: readonly string[], streams: Streams = process): Promise<number> {
  if (streams === process) endWithReader(streams.stdout);
  const ui = new Ui(streams);
  const app = new App(ui, streams);
  const program = programOf(app);
  if (argv.length === 0) {
    program.outputHelp();
    return 2;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return app.exitCode;
  } catch (error) {
    // Help and version come this way too, with exit code 0; everything else is wrong use.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    ui.error(error);
    return 1;
  }
}

function programOf(app: App): Command {
  const program = new Command('rowferry')
    .description('Moves CSV files into a SQL database, accounts for every row, keeps Avro backups.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show what a command does')
    .option('--home <folder>', 'folder of data/, backups/ and log.txt (default: the current one)')
    .option('--database-url <url>', 'sqlite:PATH (default: data/rowferry.sqlite in home)')
    .option('--json', 'answer in JSON, one object a line (docs/cli-json.md)')
    .option('--debug', 'show where errors come from')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => app.streams.stdout.write(text),
      writeErr: (text) => app.streams.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'rowferry: ')),
    })
    .showHelpAfterError('  see: rowferry --help')
    .exitOverride()
    .hook('preAction', (_program, action) => app.ui.configure(action.optsWithGlobals<CommonFlags>()));
  for (const register of COMMANDS) register(program, app);
  for (const command of program.commands) pointToHelp(command, 'rowferry');
  return program;
}

/** After wrong use: where to read on. */
function pointToHelp(command: Command, above: string): void {
  const name = `${above} ${command.name()}`;
  command.showHelpAfterError(`  see: ${name} --help`);
  for (const below of command.commands) pointToHelp(below, name);
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const found =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : '';
  return String(found);
}

/** `rowferry … | head` ends when head has enough: that is no failure. */
function endWithReader(stream: Stream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2));
