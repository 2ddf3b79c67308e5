import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './up-process.ts';

const ROOT = join(import.meta.dirname, '../..');

/** How a program is run: the arguments for Node, and its environment. */
export interface Program {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * What `npx rowferry` runs, built from the source as it is now. A process that strips types takes 90 MB more, so
 * memory is measured here.
 */
export function buildProgram(t: Scope): Program {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-built-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const build = [join(ROOT, 'scripts/build.ts'), join(folder, 'dist'), '--noCheck'];
  const { status, stderr } = spawnSync(process.execPath, build, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const name of ['bin', 'package.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return asItsFirstLineSays(join(folder, 'bin', 'rowferry.js'));
}

function asItsFirstLineSays(file: string): Program {
  const [line = ''] = readFileSync(file, 'utf8').split('\n');
  const words = line.split(' ');
  const node = words.indexOf('node');
  assert.deepEqual([words.slice(0, 2).join(' '), node > 0], ['#!/usr/bin/env -S', true], line);
  const env = Object.fromEntries(words.slice(2, node).map((word) => word.split('=')));
  return { args: [...words.slice(node + 1), file], env };
}
