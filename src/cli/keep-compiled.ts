import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Of the program alone: what others could write there would be run. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/rowferry', import.meta.url));

/** What was kept stays in memory, 12 MB of a server, which starts once. */
const LONG_RUNNING: readonly string[] = ['up', 'serve', 'watch'];

/**
 * What is compiled of the program from now on, in its threads too, is kept for the next start of a short command. Nothing is
 * kept where the folder cannot be written, or where the environment names another.
 */
export function keepCompiled(argv: readonly string[]): void {
  if (argv.some((word) => LONG_RUNNING.includes(word))) return;
  if (enableCompileCache(COMPILED).directory !== undefined) process.env.NODE_COMPILE_CACHE ??= COMPILED;
}
