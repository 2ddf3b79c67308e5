import { sqliteTarget } from '../engines.ts';
import { openRig } from '../rig.ts';
import { runSealed } from '../sealed.ts';

runSealed(await openRig(sqliteTarget));
