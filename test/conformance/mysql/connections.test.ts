import { runConnections } from '../connections.ts';
import { mysqlTarget } from '../engines.ts';

runConnections(mysqlTarget);
