import { postgresTarget } from '../engines.ts';
import { runReconcile } from '../reconcile.ts';
import { openRig } from '../rig.ts';

runReconcile(await openRig(postgresTarget));
