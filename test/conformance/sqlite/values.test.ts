import { sqliteTarget } from '../engines.ts';
import { openRig } from '../rig.ts';
import { runValues } from '../values.ts';

runValues(await openRig(sqliteTarget));
