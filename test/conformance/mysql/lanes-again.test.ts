import { mysqlTarget } from '../engines.ts';
import { runLanesAgain } from '../lanes-again.ts';

runLanesAgain(mysqlTarget);
