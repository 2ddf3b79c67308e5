import { mysqlTarget } from '../engines.ts';
import { openRig } from '../rig.ts';
import { runSealed } from '../sealed.ts';

runSealed(await openRig(mysqlTarget));
