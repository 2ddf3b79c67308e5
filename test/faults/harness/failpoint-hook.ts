import { registerHooks } from 'node:module';
import { isMainThread, setEnvironmentData } from 'node:worker_threads';

/**
 * For `node --import`: puts failpoint.ts of this folder in the place of src/lib/failpoint.ts, in every thread of the
 * process. The threads count together.
 */
export const PASSED = 'rowferry.failpoint';

const OWN = new URL('./failpoint.ts', import.meta.url).href;

if (isMainThread) setEnvironmentData(PASSED, new SharedArrayBuffer(4));
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('/lib/failpoint.ts') ? { url: OWN, shortCircuit: true } : next(specifier, context),
});
