import assert from 'node:assert/strict';
import { runKills } from './shared/kills.ts';
import { contentOf, sqliteHome } from './sqlite-home.ts';

runKills({
  who: 'SQLite',
  openAlone: sqliteHome,
  contentOf,
  check: async (home) => assert.deepEqual(await home.rows('PRAGMA integrity_check'), [['ok']]),
});
