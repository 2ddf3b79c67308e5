import { runAtomic, runAtomicRefused } from '../atomic.ts';
import { runCases } from '../cases.ts';
import { KEY_CASES } from '../cases-keys.ts';
import { PARENT_CASES } from '../cases-parents.ts';
import { RULE_CASES } from '../cases-rules.ts';
import { mysqlLeastTarget } from '../engines.ts';
import { runLoads } from '../loads.ts';
import { openRig } from '../rig.ts';
import { runServers } from '../servers.ts';

const rig = await openRig(mysqlLeastTarget);

runCases('keys', rig, KEY_CASES);
runCases('parents', rig, PARENT_CASES);
runCases('rules', rig, RULE_CASES);
runLoads(rig);
runServers(rig);
runAtomicRefused(rig);
runAtomic(rig);
