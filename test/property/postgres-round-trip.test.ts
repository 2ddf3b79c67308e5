import { testPostgres } from '../servers/postgres.ts';
import { POSTGRES_MADE, POSTGRES_TYPES } from './postgres-types.ts';
import { roundTrips } from './round-trip.ts';

const server = await testPostgres();
const url = await server.freshDatabase();
await server.run(url, POSTGRES_MADE);

await roundTrips({ url, run: (sql) => server.run(url, sql) }, POSTGRES_TYPES);
