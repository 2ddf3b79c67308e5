import { RowferryError } from '../errors.ts';
import type { Connection, ConnectOptions, Engine } from './database.ts';

const SCHEMES: Readonly<Record<string, Engine['name']>> = {
  sqlite: 'sqlite',
  postgres: 'postgres',
  postgresql: 'postgres',
  mysql: 'mysql',
  mariadb: 'mysql',
};

/** Loaded when wanted: a program uses one engine, and the drivers of the others only cost memory. */
const ENGINES: Readonly<Record<Engine['name'], () => Promise<Engine>>> = {
  sqlite: async () => (await import('./sqlite/engine.ts')).sqliteEngine,
  postgres: async () => (await import('./postgres/engine.ts')).postgresEngine,
  mysql: async () => (await import('./mysql/engine.ts')).mysqlEngine,
};

/** What a database URL may look like, for messages. */
export const URL_FORMS = 'sqlite:PATH, postgres://USER@HOST/DATABASE or mysql://USER@HOST/DATABASE';

/** Which engine a database URL is for. `database-unsupported` when there is none. */
export function engineNameOf(url: string): Engine['name'] {
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase() ?? '';
  const name = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  if (name !== undefined) return name;
  throw new RowferryError('database-unsupported', `${scheme || 'no'} databases are not supported`, {
    hint: `set ROWFERRY_DATABASE_URL to ${URL_FORMS}`,
  });
}

export async function engineOf(url: string): Promise<Engine> {
  return engineNamed(engineNameOf(url));
}

export async function engineNamed(name: Engine['name']): Promise<Engine> {
  return ENGINES[name]();
}

export async function openDatabase(url: string, options?: ConnectOptions): Promise<Connection> {
  return (await engineOf(url)).connect(url, options);
}

/** A database URL as it may be shown: without the password, also where that holds an @ that should be %40. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^:@/?#]*):.*@/i, '$1:***@').replace(/([?&]password=)[^&]*/gi, '$1***');
}
