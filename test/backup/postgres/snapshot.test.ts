import { runMoving } from '../shared/moving.ts';
import { postgresHome } from './fixture.ts';

runMoving({ who: 'PostgreSQL', open: (t, sql) => postgresHome(t, sql) });
