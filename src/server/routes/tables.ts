import { Type } from 'typebox';
import type { Table } from '../../model/table.ts';
import { visibleTable, visibleTables } from '../access.ts';
import { mayOn } from '../auth.ts';
import type { App, Request, Services } from '../services.ts';
import { Flag, TableParams } from './parameters.ts';

/** A table as the API shows it: its rules, and its rows where the key may read. */
type TableDocument = Table & { readonly rows: number | null };

export function addTableRoutes(app: App, services: Services): void {
  const rowsOf = async (request: Request, table: string): Promise<number | null> =>
    mayOn(request, table, 'read') ? services.ingest.rowCount(table) : null;

  app.get(
    '/v1/tables',
    {
      schema: { querystring: Type.Object({ counts: Type.Optional(Flag) }, { additionalProperties: false }) },
      config: {
        docs: {
          id: 'listTables',
          tag: 'tables',
          summary: 'The tables the key may do something with',
          response: { status: 200, description: 'Their rules', document: 'TableList' },
        },
      },
    },
    async (request) => {
      const tables: TableDocument[] = [];
      for (const table of await visibleTables(request, services)) {
        const rows = request.query.counts === 'true' ? await rowsOf(request, table.name) : null;
        tables.push(toDocument(table, rows));
      }
      return { tables };
    },
  );

  app.get(
    '/v1/tables/:table',
    {
      schema: { params: TableParams },
      config: {
        docs: {
          id: 'getTable',
          tag: 'tables',
          summary: 'The rules of one table and how many rows it holds',
          response: { status: 200, description: 'The rules', document: 'Table' },
        },
      },
    },
    async (request) => {
      const table = await visibleTable(request, services, request.params.table);
      return toDocument(table, await rowsOf(request, table.name));
    },
  );
}

/** JSON has no bigint: the limits of integers that a number cannot hold are given as text. */
function toDocument(table: Table, rows: number | null): TableDocument {
  return JSON.parse(
    JSON.stringify({ ...table, rows }, (_, value) => (typeof value === 'bigint' ? bound(value) : value)),
  );
}

function bound(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
