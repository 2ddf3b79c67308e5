import { runAhead } from '../ahead.ts';
import { postgresTarget } from '../engines.ts';

runAhead(postgresTarget);
