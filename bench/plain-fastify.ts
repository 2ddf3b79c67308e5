/**
 * What one writes first: a Fastify route, one multi-row INSERT, node:sqlite. No checks, no receipt, no ledger, no seal;
 * the same durability as rowferry. `node bench/plain-fastify.ts DATABASE PORT`
 */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import fastify from 'fastify';

type Hire = Readonly<Record<'id' | 'name' | 'datetime' | 'department_id' | 'job_id', SQLInputValue>>;

const BODY_BYTES = 16 << 20;
const [file = '', port = ''] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON');

const app = fastify({ bodyLimit: BODY_BYTES });
app.get('/health/ready', async () => ({}));
app.post<{ Body: readonly Hire[] }>('/v1/tables/hired_employees/rows', async ({ body }) => {
  const places = body.map(() => '(?, ?, ?, ?, ?)').join(',');
  const values = body.flatMap((hire) => [hire.id, hire.name, hire.datetime, hire.department_id, hire.job_id]);
  const { changes } = database.prepare(`INSERT INTO hired_employees VALUES ${places}`).run(...values);
  return { inserted: Number(changes) };
});
await app.listen({ host: '127.0.0.1', port: Number(port) });
process.once('SIGTERM', () => void app.close().then(() => database.close()));
