import { postgresTarget } from '../engines.ts';
import { runLanesAgain } from '../lanes-again.ts';

runLanesAgain(postgresTarget);
