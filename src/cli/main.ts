import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { App, type CommonFlags } from './app.ts';
import { commandsOf } from './commands.ts';
import { keepCompiled } from './keep-compiled.ts';
import { type Stream, type Streams, Ui } from './ui.ts';

/** Runs one command line (without node and script); the exit code. */
export async function run(argv: readonly string[], streams: Streams = process): Promise<number> {
  if (streams === process) endWithReader(streams.stdout);
  const ui = new Ui(streams);
  const app = new App(ui, streams);
  const program = programOf(app);
  for (const register of await commandsOf(argv)) register(program, app);
  for (const command of program.commands) pointToHelp(command, 'rowferry');
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
  return new Command('rowferry')
    .description('Moves CSV files into a SQL database, accounts for every row, keeps Avro backups.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'show what a command does')
    .option('--home <folder>', 'folder of data/, backups/ and log.txt (default: the current one)')
    .option(
      '--database-url <url>',
      'sqlite:PATH, postgres://… or mysql://… (default: data/rowferry.sqlite in home)',
    )
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

if (import.meta.main) {
  const argv = process.argv.slice(2);
  keepCompiled(argv);
  process.exitCode = await run(argv);
}
