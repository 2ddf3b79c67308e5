/** The engines of the bench: a server of each, and the tool it brings for CSV files. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { clientOf, startMysql } from '../scripts/servers/mysql.ts';
import { startPostgres } from '../scripts/servers/postgres.ts';
import { programOf } from '../scripts/servers/private-server.ts';
import { databaseUrl, freshName } from '../test/servers/server.ts';
import type { Dataset, EngineName } from './datasets.ts';
import { WARM_UP_TABLE } from './load-through.ts';
import { type Command, type Measurement, measure } from './measure.ts';

export interface Host {
  readonly engine: EngineName;
  /** The tool beside which rowferry is measured. */
  readonly tool: string;
  /** The URL of a new database with the tables of a dataset. `folder`: for engines that keep it in a file. */
  database(folder: string, dataset: Dataset): string;
  /** Loads a file with the engine's own tool. */
  load(url: string, dataset: Dataset, file: string): Promise<Measurement>;
  run(url: string, sql: string): void;
  count(url: string, table: string): number;
  drop(url: string): void;
  stop(): Promise<void>;
}

export async function startHost(engine: EngineName): Promise<Host> {
  if (engine === 'postgres') return postgresHost();
  return engine === 'mysql' ? mysqlHost() : sqliteHost();
}

const ddlOf = (dataset: Dataset, engine: EngineName): string =>
  `${dataset.ddl(engine)};\nCREATE TABLE ${WARM_UP_TABLE} (id INTEGER)`;

const pathOf = (url: string): string => url.slice('sqlite:'.length);

function sqliteHost(): Host {
  return {
    engine: 'sqlite',
    tool: 'sqlite3 .import',
    database(folder, dataset) {
      const path = join(folder, 'bench.sqlite');
      const database = new DatabaseSync(path);
      database.exec(ddlOf(dataset, 'sqlite'));
      database.close();
      return `sqlite:${path}`;
    },
    load: (url, { table }, file) =>
      measure({
        program: 'sqlite3',
        parameters: [pathOf(url), 'PRAGMA foreign_keys=ON', '.mode csv', `.import '${file}' ${table}`],
      }),
    count(url, table) {
      const database = new DatabaseSync(pathOf(url), { readOnly: true });
      const found = database.prepare(`SELECT count(*) AS found FROM ${table}`).get()?.found;
      database.close();
      return Number(found);
    },
    run(url, sql) {
      const database = new DatabaseSync(pathOf(url));
      database.exec(sql);
      database.close();
    },
    drop: () => {},
    stop: async () => {},
  };
}

async function postgresHost(): Promise<Host> {
  const server = await startPostgres();
  const psql = (url: string, command: string): Command => ({
    program: programOf('psql'),
    parameters: [
      '--no-psqlrc',
      '--quiet',
      '--tuples-only',
      '--set',
      'ON_ERROR_STOP=1',
      '--command',
      command,
      url,
    ],
  });
  const run = (url: string, sql: string): string => output(psql(url, sql));
  return {
    engine: 'postgres',
    tool: 'psql \\copy',
    database(_folder, dataset) {
      const url = createIn(server.url, (name) => run(server.url, `CREATE DATABASE ${name}`));
      run(url, ddlOf(dataset, 'postgres'));
      return url;
    },
    load: (url, { table }, file) => measure(psql(url, `\\copy ${table} from '${file}' csv`)),
    run,
    count: (url, table) => Number(run(url, `SELECT count(*) FROM ${table}`)),
    drop: (url) => run(server.url, `DROP DATABASE ${nameIn(url)} WITH (FORCE)`),
    stop: () => server.stop(),
  };
}

const CSV_OF_MYSQL = `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '' LINES TERMINATED BY '\\n'`;

async function mysqlHost(): Promise<Host> {
  const server = await startMysql();
  const client = (url: string, sql: string): Command => {
    const { program, args } = clientOf(url);
    return { program, parameters: [...args, '--local-infile=1', '--skip-column-names', '--execute', sql] };
  };
  const run = (url: string, sql: string): string => output(client(url, sql));
  return {
    engine: 'mysql',
    tool: 'LOAD DATA LOCAL',
    database(_folder, dataset) {
      const url = createIn(server.url, (name) =>
        run(server.url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`),
      );
      run(url, ddlOf(dataset, 'mysql'));
      return url;
    },
    load: (url, { table }, file) =>
      measure(client(url, `LOAD DATA LOCAL INFILE '${file}' INTO TABLE ${table} ${CSV_OF_MYSQL}`)),
    run,
    count: (url, table) => Number(run(url, `SELECT count(*) FROM ${table}`)),
    drop: (url) => run(server.url, `DROP DATABASE ${nameIn(url)}`),
    stop: () => server.stop(),
  };
}

function createIn(server: string, create: (name: string) => void): string {
  const name = freshName();
  create(name);
  return databaseUrl(server, name);
}

const nameIn = (url: string): string => new URL(url).pathname.slice(1);

const output = ({ program, parameters }: Command): string =>
  execFileSync(program, [...parameters], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
