import { runDamage } from './shared/damage.ts';
import { runMoving } from './shared/moving.ts';
import { runReader } from './shared/reader.ts';
import { contentOf, sqliteHome } from './sqlite-home.ts';

const SQLITE = { who: 'SQLite', open: sqliteHome, contentOf };

runMoving(SQLITE);
runReader(SQLITE);
runDamage(SQLITE);
