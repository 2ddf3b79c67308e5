import { sqliteTarget } from '../engines.ts';
import { runMending } from '../mending.ts';
import { openRig } from '../rig.ts';

runMending(await openRig(sqliteTarget));
