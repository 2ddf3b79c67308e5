#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=2
// Rows live outside the heap, so a small young generation does; the default takes 20 MB more. Buffers go from thread to
// thread, so more than two arenas of glibc's malloc only keep freed memory apart: 15 MB.
// Plain JavaScript that an old Node can read as well: it is what says so.
import { existsSync } from 'node:fs';

const LEAST = 24;
const found = Number(process.versions.node.split('.')[0]);

if (found < LEAST) {
  process.stderr.write(
    `rowferry: this is Node ${process.versions.node}; expected ${LEAST} or newer\n` +
      '  install it from https://nodejs.org, or in a checkout: npm ci && npm start\n',
  );
  process.exitCode = 1;
} else {
  // In a checkout without dist/ the source runs as it is.
  const built = existsSync(new URL('../dist/program/main.js', import.meta.url));
  const load = (name) =>
    import(new URL(built ? `../dist/program/${name}.js` : `../src/cli/${name}.ts`, import.meta.url).href);
  const argv = process.argv.slice(2);
  const { hashAhead } = await load('hash-ahead');
  hashAhead(argv);
  const { keepCompiled } = await load('keep-compiled');
  keepCompiled(argv);
  const { run } = await load('main');
  process.exitCode = await run(argv);
}
