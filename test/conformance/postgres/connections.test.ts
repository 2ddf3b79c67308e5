import { runConnections } from '../connections.ts';
import { postgresTarget } from '../engines.ts';

runConnections(postgresTarget);
