import { mysqlTarget } from '../engines.ts';
import { runRunAgain, runRunAgainOnServers } from '../run-again.ts';

runRunAgain(mysqlTarget);
runRunAgainOnServers(mysqlTarget);
