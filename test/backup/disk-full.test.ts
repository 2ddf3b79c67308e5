import { runFullDisk } from './shared/full-disk.ts';
import { sqliteHome } from './sqlite-home.ts';

runFullDisk({ who: 'SQLite', openAlone: sqliteHome });
