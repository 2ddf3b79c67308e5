/**
 * Writes dist/: `node scripts/build.ts [FOLDER [OPTION OF THE COMPILER…]]`. Runs as npm's `prepare` too, so that
 * `npx rowferry` works right after `npm ci`.
 */
import { join } from 'node:path';
import { writeDist } from './dist.ts';

const [dist = join(import.meta.dirname, '../dist'), ...options] = process.argv.slice(2);
try {
  await writeDist(dist, options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
