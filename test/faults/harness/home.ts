import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../built.ts';
import { MAIN, type Scope, start, type Up } from '../up-process.ts';
import type { Database } from './databases.ts';
import { MAPPING } from './events.ts';

export interface FaultsHome {
  readonly path: string;
}

/** The home of processes that load `events-N.csv` into the database. */
export function homeOf(
  scope: Scope,
  { url }: Pick<Database, 'url'>,
  settings: Readonly<Record<string, unknown>> = {},
): FaultsHome {
  const path = mkdtempSync(join(tmpdir(), 'rowferry-home-'));
  scope.after(() => rmSync(path, { recursive: true, force: true, maxRetries: 5 }));
  mkdirSync(join(path, 'data', 'incoming'), { recursive: true });
  const common = { completion: 'rename', quietMs: 60, pollMs: 20, backupSchedule: null, mapping: MAPPING };
  const config = { databaseUrl: url, ...common, ...settings };
  writeFileSync(join(path, 'rowferry.config.json'), JSON.stringify(config));
  return { path };
}

const SOURCE: Program = { args: [MAIN], env: {} };
const HOOK = join(import.meta.dirname, 'failpoint-hook.ts');

export interface Faulty {
  /** NAME:kill|stop|throw:N */
  readonly failpoint?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Modules that are loaded before the program. */
  readonly imports?: readonly string[];
  /** Default: the source as it is. */
  readonly program?: Program;
}

/** `rowferry COMMAND …` on the home. */
export function run(
  scope: Scope,
  home: FaultsHome,
  args: readonly string[],
  { failpoint, env = {}, imports = [], program = SOURCE }: Faulty = {},
): Up {
  const modules = failpoint === undefined ? imports : [HOOK, ...imports];
  const withModules = {
    ...program,
    args: [...modules.flatMap((file) => ['--import', file]), ...program.args],
  };
  const point = failpoint === undefined ? {} : { ROWFERRY_FAILPOINT: failpoint };
  return start(scope, home, args, { ...env, ...point }, withModules);
}

const UP = ['up', '--port', '0', '--log', 'text'];

export const up = (scope: Scope, home: FaultsHome, faulty: Faulty = {}): Up => run(scope, home, UP, faulty);

/** As users run it. */
export const builtUp = (scope: Scope, home: FaultsHome, program: Program): Up =>
  start(scope, home, UP, {}, program);

/** Ends what was begun in it, the last first. */
export class Ending implements Scope, AsyncDisposable {
  readonly #ends: (() => unknown)[] = [];

  after(end: () => unknown): void {
    this.#ends.push(end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
