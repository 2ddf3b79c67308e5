import { runAtomic } from '../atomic.ts';
import { mysqlTarget } from '../engines.ts';
import { runLoads } from '../loads.ts';
import { openRig } from '../rig.ts';
import { runServers } from '../servers.ts';

const rig = await openRig(mysqlTarget);

runLoads(rig);
runAtomic(rig);
runServers(rig);
