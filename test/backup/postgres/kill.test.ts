import { runKills } from '../shared/kills.ts';
import { contentOf, postgresHomeAlone } from './fixture.ts';

runKills({ who: 'PostgreSQL', contentOf, openAlone: postgresHomeAlone });
