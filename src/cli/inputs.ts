import { join } from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';
import { type Content, Expander } from '../inputs/expander.ts';
import { inputsOf, inputsOfSpooled } from '../inputs/find-inputs.ts';
import type { ExpandOptions, Input, Inputs } from '../inputs/input.ts';
import { Spool, sweepSpool } from '../inputs/spool.ts';
import { sweepTemporaries } from '../lib/atomic-file.ts';
import { oneLine } from '../log.ts';
import type { App } from './app.ts';
import { expandNames } from './files.ts';
import { byteSize, wholeNumber } from './flags.ts';
import { onInterrupt } from './interrupt.ts';
import { startProgress } from './progress.ts';

export interface InputFlags {
  readonly table?: string;
  readonly name?: string;
  readonly maxExpanded?: number;
  readonly maxExpansion?: number;
}

export const INPUTS =
  'CSV files, also .gz, .zst or .zip; folders of them, names with *; - for standard input';

/** What commands that read files take beside --table. */
export function withInputs(command: Command): Command {
  return command
    .option('--name <file>', 'the name to keep of the one file, or of standard input')
    .option('--max-expanded <size>', 'unpack no more of a file than this (default: 64G)', byteSize)
    .option('--max-expansion <n>', 'nor more than so many times its size (default: 250)', wholeNumber);
}

/** The configuration of a command with these flags. */
export function configOf(app: App, command: Command, { maxExpanded, maxExpansion }: InputFlags): Config {
  return app.config(command, { maxExpandedBytes: maxExpanded, maxExpansion });
}

/** The files of a command line, and what was unpacked of them; to be disposed of. */
export class OpenInputs implements AsyncDisposable {
  readonly list: readonly Input[];
  readonly #expander: Expander;
  readonly #standardInput: Spool;

  constructor(list: readonly Input[], expander: Expander, standardInput: Spool) {
    this.list = list;
    this.#expander = expander;
    this.#standardInput = standardInput;
  }

  /** The name that another command takes for it. */
  typed(input: Input): string {
    return this.#standardInput.holds(input.path) ? '-' : input.label;
  }

  /** Where the content lies; of what is packed it is unpacked first. */
  open(input: Input, options: ExpandOptions): Promise<Content> {
    return this.#expander.open(input, options);
  }

  release(input: Input): Promise<void> {
    return this.#expander.release(input);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#expander[Symbol.asyncDispose]();
    await this.#standardInput[Symbol.asyncDispose]();
  }
}

/** What is asked of `-`, which has no name. */
export type NamelessInput = 'table' | 'nothing';

/**
 * Names as typed → inputs. Reads standard input to its end where `-` is one of them, and the directories of archives;
 * nothing is unpacked yet. Throws `usage` for what cannot be meant and names that match nothing, `file-unreadable`.
 */
export async function openInputs(
  app: App,
  names: readonly string[],
  flags: InputFlags,
  config: Config,
  nameless: NamelessInput = 'table',
): Promise<OpenInputs> {
  refuseMisuse(names, flags, nameless);
  await sweepSpool(config.home);
  await sweepTemporaries(join(config.home, 'data', 'not_added'));
  const spool = new Spool(config.home);
  try {
    const found = new Map<string, Input>();
    for (const name of names) {
      const { inputs, ignored } =
        name === '-' ? await readStandardInput(app, flags, spool) : await named(name);
      for (const input of inputs) found.set(input.label, input);
      if (ignored.length > 0) app.ui.note(`left alone: ${ignored.map(oneLine).join(', ')} (not .csv)`);
    }
    const list = renamed([...found.values()], flags.name);
    return new OpenInputs(list, new Expander(config.home, config, list), spool);
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw error;
  }
}

function refuseMisuse(names: readonly string[], { table }: InputFlags, nameless: NamelessInput): void {
  if (!names.includes('-')) return;
  if (names.filter((name) => name === '-').length > 1)
    throw usage('- stands twice; there is one standard input', '');
  if (table === undefined && nameless === 'table') {
    throw usage(
      'standard input has no name that tells its table',
      'say which: --table T; and --name F to keep a name',
    );
  }
}

function usage(detail: string, hint: string): RowferryError {
  return new RowferryError('usage', detail, hint === '' ? {} : { hint });
}

async function named(name: string): Promise<Inputs> {
  const inputs: Input[] = [];
  const ignored: string[] = [];
  for (const { path, member } of await expandNames(name)) {
    const found = await inputsOf(path);
    const chosen = found.inputs.filter((input) => member === null || input.member === member);
    if (chosen.length === 0) throw usage(`${path} holds no ${member}`, `it holds ${membersOf(found)}`);
    inputs.push(...chosen);
    if (member === null) ignored.push(...found.ignored.map((each) => `${path}!${each}`));
  }
  return { inputs, ignored };
}

const membersOf = ({ inputs }: Inputs): string =>
  inputs.map(({ member }) => member ?? 'no members').join(', ');

function renamed(inputs: readonly Input[], name: string | undefined): readonly Input[] {
  if (name === undefined) return inputs;
  const [only] = inputs;
  if (only !== undefined && inputs.length === 1) return [{ ...only, name }];
  throw usage(
    `--name is for one file, and there are ${inputs.length}`,
    'leave it out: each keeps its own name',
  );
}

async function readStandardInput(app: App, flags: InputFlags, spool: Spool): Promise<Inputs> {
  using interrupt = onInterrupt(() => app.ui.note('stopping'));
  const label = flags.name ?? 'stdin';
  const progress = startProgress(app.ui, label);
  const stdin = app.streams.stdin ?? process.stdin;
  if ('isTTY' in stdin && stdin.isTTY === true) app.ui.note('reading from the terminal; Ctrl-D ends');
  const onRead = (bytes: number) => progress.update({ phase: 'reading', bytes, size: bytes });
  try {
    return await inputsOfSpooled(await spool.write(countedChunks(stdin, interrupt.signal, onRead)), label);
  } finally {
    progress.end();
  }
}

async function* countedChunks(
  stdin: Readable,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, stdin)) {
      const buffer = Buffer.from(chunk);
      bytes += buffer.length;
      onRead(bytes);
      yield buffer;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
