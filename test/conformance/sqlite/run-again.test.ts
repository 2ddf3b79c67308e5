import { sqliteTarget } from '../engines.ts';
import { runRunAgain } from '../run-again.ts';

runRunAgain(sqliteTarget);
