import { runCases } from '../cases.ts';
import { KEY_CASES } from '../cases-keys.ts';
import { PARENT_CASES } from '../cases-parents.ts';
import { RULE_CASES } from '../cases-rules.ts';
import { mysqlTarget } from '../engines.ts';
import { openRig } from '../rig.ts';

const rig = await openRig(mysqlTarget);

runCases('keys', rig, KEY_CASES);
runCases('parents', rig, PARENT_CASES);
runCases('rules', rig, RULE_CASES);
