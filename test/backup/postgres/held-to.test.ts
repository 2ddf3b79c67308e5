import { runDamage } from '../shared/damage.ts';
import { runFullDisk } from '../shared/full-disk.ts';
import { runMoving } from '../shared/moving.ts';
import { runReader } from '../shared/reader.ts';
import { contentOf, postgresHome, postgresHomeAlone } from './fixture.ts';

const POSTGRES = { who: 'PostgreSQL', open: postgresHome, contentOf };

runMoving(POSTGRES);
runReader(POSTGRES);
runDamage(POSTGRES);
runFullDisk({ who: 'PostgreSQL', openAlone: postgresHomeAlone });
