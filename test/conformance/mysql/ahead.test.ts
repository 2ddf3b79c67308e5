import { runAhead } from '../ahead.ts';
import { mysqlTarget } from '../engines.ts';

runAhead(mysqlTarget);
