import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

/**
 * What `npx rowferry` runs, built from the source as it is now: the arguments for Node. A process that strips types
 * takes 90 MB more, so memory is measured here.
 */
export function buildProgram(t: TestContext): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-built-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--outDir', join(folder, 'dist')];
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options], { cwd: ROOT });
  assert.equal(status, 0, String(stdout));
  for (const file of globSync('**/*.sql', { cwd: join(ROOT, 'src') })) {
    cpSync(join(ROOT, 'src', file), join(folder, 'dist', file));
  }
  for (const name of ['bin', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return ['--max-semi-space-size=2', join(folder, 'bin', 'rowferry.js')];
}
