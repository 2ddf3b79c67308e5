import { RowferryError } from '../errors.ts';
import type { Engine } from './database.ts';
import { sqliteEngine } from './sqlite/engine.ts';

/** The engine of a database URL. */
export function engineOf(url: string): Engine {
  const scheme = /^([a-z]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 'sqlite') return sqliteEngine;
  throw new RowferryError('database-unsupported', `${scheme ?? 'no'} databases are not supported`, {
    hint: 'set ROWFERRY_DATABASE_URL to sqlite:PATH',
  });
}
