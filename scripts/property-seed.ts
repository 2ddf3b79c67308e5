/**
 * Comes before each test file (`node --import`): fast-check draws from the seed of the whole run, so that a run can be had
 * again as it was. Other values: `npm test -- --seed random`.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED) });
