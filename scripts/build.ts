/**
 * Writes dist/: the JavaScript and types of src/ and the SQL files beside them. Runs as npm's `prepare` too, so
 * that `npx rowferry` works right after `npm ci`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** Exit code of the compiler. */
function compile(): number {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return status ?? 1;
}

function copySql(): void {
  for (const file of globSync('**/*.sql', { cwd: join(ROOT, 'src') })) {
    cpSync(join(ROOT, 'src', file), join(ROOT, 'dist', file));
  }
}

// Files whose source is gone must not stay behind in the package.
rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
process.exitCode = compile();
if (process.exitCode === 0) copySql();
