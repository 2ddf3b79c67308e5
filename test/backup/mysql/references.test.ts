import { runReferences } from '../shared/references.ts';
import { asDml, contentOf, mysqlHome } from './fixture.ts';

const COMMON = {
  contentOf,
  actions: ['NO ACTION', 'CASCADE', 'SET NULL', 'RESTRICT'],
  vanishing: () => 'restore-orphans',
};

runReferences({ ...COMMON, who: 'the owner', open: (t, sql) => mysqlHome(t, sql) });
runReferences({ ...COMMON, who: 'a user who may change rows only', open: asDml });
