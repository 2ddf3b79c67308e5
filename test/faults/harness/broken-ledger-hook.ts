import { registerHooks } from 'node:module';

/** For `node --import`: puts broken-ledger.ts in the place of src/ledger/batches.ts. */
const OWN = new URL('./broken-ledger.ts', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.endsWith('/ledger/batches.ts') && context.parentURL !== OWN
      ? { url: OWN, shortCircuit: true }
      : next(specifier, context),
});
