/**
 * What dist/ is made of: the JavaScript and types of src/ for those who import rowferry, with the SQL files beside them;
 * and under dist/program the program's own, in fewer files. To find, read and link each of 136 modules took a
 * `rowferry load` longer than what they do at its start.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import { chunksOf } from './program-chunks.ts';

const ROOT = join(import.meta.dirname, '..');
const SOURCE = join(ROOT, 'src');

/** What a `rowferry load` consists of. */
const LOAD = ['cli/main', 'cli/commands/load', 'client/client'];
/** What bin/rowferry.js imports beside it, and the scripts of threads. */
const OTHERS = [
  'cli/hash-ahead',
  'cli/keep-compiled',
  'cli/hash-thread',
  'ingest/lane-thread',
  'ingest/prepare-thread',
  'ingest/file-thread',
  'ingest/decide-thread',
  'backup/backup-worker',
];

/** Throws what the compiler said. `--noCheck` for those who have checked the types before. */
export async function writeDist(dist: string, options: readonly string[] = []): Promise<void> {
  // Files whose source is gone must not stay behind in the package.
  rmSync(dist, { recursive: true, force: true });
  compile(dist, options);
  for (const file of globSync('**/*.sql', { cwd: SOURCE })) cpSync(join(SOURCE, file), join(dist, file));
  await bundle(dist);
}

function compile(dist: string, options: readonly string[]): void {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const parameters = [compiler, '-p', 'tsconfig.build.json', '--outDir', dist, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, parameters, { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr}`);
}

/**
 * All of it lies in one folder, so that scripts of threads find each other by their names, and package.json two folders up,
 * as they do in src/. What others wrote stays in packages of its own, with their licences.
 */
async function bundle(dist: string): Promise<void> {
  const files = (names: readonly string[]): string[] => names.map((name) => join(dist, `${name}.js`));
  const entries = files(['cli/main', ...OTHERS]);
  const program = await rollup({
    input: entries,
    external: (id) => !id.startsWith('.') && !id.startsWith(dist),
    onwarn(warning) {
      // So begin the helpers that the compiler writes for `using`.
      if (warning.code !== 'THIS_IS_UNDEFINED') throw new Error(warning.message);
    },
  });
  await program.write({
    dir: join(dist, 'program'),
    entryFileNames: '[name].js',
    onlyExplicitManualChunks: true,
    manualChunks: chunksOf('load', files(LOAD), files([...OTHERS, 'server/listen'])),
    sourcemap: true,
    sourcemapExcludeSources: true,
    // An import of what a chunk imports anyway would only have Node look for it sooner.
    hoistTransitiveImports: false,
  });
  await program.close();
}
