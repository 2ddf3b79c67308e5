import { RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import type { Load } from '../model/receipt.ts';
import type { Mode, Table } from '../model/table.ts';
import type { Action } from '../seal/scopes.ts';
import { deny } from './audit.ts';
import { requireAction, seesTable, tableNotFound } from './auth.ts';
import type { Request, Services } from './services.ts';

/** The action that a load's mode asks for. */
export function actionOf(mode: Mode): Action {
  return mode === 'upsert' ? 'upsert' : 'insert';
}

export async function visibleTables(request: Request, { ingest }: Services): Promise<readonly Table[]> {
  return (await ingest.tables()).filter(({ name }) => seesTable(request, name));
}

/** `table-not-found` also for a table the key may not know of; near names are those it may. */
export async function visibleTable(request: Request, services: Services, name: string): Promise<Table> {
  const tables = await visibleTables(request, services);
  const found = tables.find((table) => table.name === name);
  if (found !== undefined) return found;
  const names = tables.map((table) => table.name);
  const error = tableNotFound(name, nearNames(name, names));
  throw seesTable(request, name) ? error : deny(request, name, error);
}

/** `load-not-found` also for a load of a table the key may not know of. */
export async function visibleLoad(request: Request, { ingest }: Services, id: string): Promise<Load> {
  const load = await ingest.load(id);
  if (seesTable(request, load.table)) return load;
  const hint = 'list them: GET /v1/loads';
  throw deny(request, load.table, new RowferryError('load-not-found', `there is no load ${id}`, { hint }));
}

/** The load, for a key that may write into its table. */
export async function writableLoad(request: Request, services: Services, id: string): Promise<Load> {
  const load = await visibleLoad(request, services, id);
  requireAction(request, load.table, actionOf(load.mode));
  return load;
}
