import type { TestedEngine } from '../shared/tested-engine.ts';
import { databaseOf, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';

export const mysql: TestedEngine = {
  databaseOf,
  run,
  valuesIn,
  load,
  facts: {
    namesForeignKeys: true,
    bulk: 'load-data',
    wholeNumbers: { type: 'BIGINT UNSIGNED', least: 0n, most: 2n ** 64n - 1n },
    brokenCheck: { message: /CONSTRAINT `odd` failed/i, strategy: /^load-data/ },
  },
};
