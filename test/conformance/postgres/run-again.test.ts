import { postgresTarget } from '../engines.ts';
import { runRunAgain, runRunAgainOnServers } from '../run-again.ts';

runRunAgain(postgresTarget);
runRunAgainOnServers(postgresTarget);
