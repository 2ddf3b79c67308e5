import type { TestedEngine } from '../shared/tested-engine.ts';
import { databaseOf, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';

export const postgres: TestedEngine = {
  databaseOf,
  run,
  valuesIn,
  load,
  facts: {
    namesForeignKeys: true,
    bulk: 'copy-binary',
    wholeNumbers: { type: 'BIGINT', least: -(2n ** 63n - 1n), most: 2n ** 63n - 1n },
    brokenCheck: {
      message: /^new row for relation "t" violates check constraint "odd"$/,
      strategy: /^copy-binary, classified$/,
    },
  },
};
