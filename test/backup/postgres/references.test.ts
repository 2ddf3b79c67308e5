import { runReferences } from '../shared/references.ts';
import { asDml, contentOf, postgresHome } from './fixture.ts';

const COMMON = {
  contentOf,
  actions: ['NO ACTION', 'CASCADE', 'SET NULL', 'RESTRICT'],
  vanishing: (action: string) => (action === 'NO ACTION' ? 'restore-orphans' : 'restore-cascade-refused'),
};

runReferences({ ...COMMON, who: 'the owner', open: (t, sql) => postgresHome(t, sql) });
runReferences({ ...COMMON, who: 'a role that may change rows only', open: asDml });
