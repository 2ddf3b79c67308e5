import { runDamage } from '../shared/damage.ts';
import { runFullDisk } from '../shared/full-disk.ts';
import { runMoving } from '../shared/moving.ts';
import { runReader } from '../shared/reader.ts';
import { contentOf, mysqlHome, mysqlHomeAlone } from './fixture.ts';

const MARIADB = { who: 'MariaDB', open: mysqlHome, contentOf };

runMoving(MARIADB);
runReader(MARIADB);
runDamage(MARIADB);
runFullDisk({ who: 'MariaDB', openAlone: mysqlHomeAlone });
