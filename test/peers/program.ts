import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';

/** stdout of a program; fails with what to install when it is not there. */
export function output(program: string, aptPackage: string, args: readonly string[]): string {
  const env = {
    ...process.env,
    PATH: ['/usr/bin', process.env.PATH].join(delimiter),
    PYTHONIOENCODING: 'utf-8',
  };
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env });
  const missing = error !== undefined || /No module named/.test(stderr);
  assert.ok(!missing, `${program} is missing: apt-get install -y ${aptPackage}`);
  assert.equal(status, 0, stderr);
  return stdout;
}

export const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');
