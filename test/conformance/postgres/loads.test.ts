import { runAtomic } from '../atomic.ts';
import { postgresTarget } from '../engines.ts';
import { runLoads } from '../loads.ts';
import { openRig } from '../rig.ts';
import { runServers } from '../servers.ts';

const rig = await openRig(postgresTarget);

runLoads(rig);
runAtomic(rig);
runServers(rig);
