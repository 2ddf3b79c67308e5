import {
  type Dialect,
  type DialectAdapter,
  DummyDriver,
  Kysely,
  type KyselyPlugin,
  MysqlAdapter,
  MysqlIntrospector,
  MysqlQueryCompiler,
  OperationNodeTransformer,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryCompiler,
  SchemableIdentifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Engine } from '../database/database.ts';
import type { LedgerSchema } from './schema.ts';

/**
 * Kysely writes the ledger's statements for each engine; they run on the connection of the lane, inside the
 * transaction of the batch, so no driver of Kysely's is used.
 */

interface Compiler {
  readonly queries: Kysely<LedgerSchema>;
  /** How an INSERT passes over a row whose key is there. */
  readonly passesOver: 'on-conflict' | 'insert-ignore';
}

const PREFIX = 'rowferry_';

/** The ledger's tables stand in a schema of their own, without the prefix: rowferry_loads is rowferry.loads. */
class SchemaInsteadOfPrefix extends OperationNodeTransformer {
  protected override transformSchemableIdentifier(node: SchemableIdentifierNode): SchemableIdentifierNode {
    const { name } = node.identifier;
    if (!name.startsWith(PREFIX)) return node;
    return { ...node, ...SchemableIdentifierNode.createWithSchema('rowferry', name.slice(PREFIX.length)) };
  }
}

const schemaInsteadOfPrefix: KyselyPlugin = {
  transformQuery: ({ node }) => new SchemaInsteadOfPrefix().transformNode(node),
  transformResult: async ({ result }) => result,
};

function compiling(
  createAdapter: () => DialectAdapter,
  createQueryCompiler: () => QueryCompiler,
  createIntrospector: Dialect['createIntrospector'],
  plugins: KyselyPlugin[] = [],
): Kysely<LedgerSchema> {
  const createDriver = () => new DummyDriver();
  return new Kysely({
    dialect: { createAdapter, createDriver, createIntrospector, createQueryCompiler },
    plugins,
  });
}

export const COMPILERS: Readonly<Record<Engine['name'], Compiler>> = {
  sqlite: {
    queries: compiling(
      () => new SqliteAdapter(),
      () => new SqliteQueryCompiler(),
      (db) => new SqliteIntrospector(db),
    ),
    passesOver: 'on-conflict',
  },
  postgres: {
    queries: compiling(
      () => new PostgresAdapter(),
      () => new PostgresQueryCompiler(),
      (db) => new PostgresIntrospector(db),
      [schemaInsteadOfPrefix],
    ),
    passesOver: 'on-conflict',
  },
  mysql: {
    queries: compiling(
      () => new MysqlAdapter(),
      () => new MysqlQueryCompiler(),
      (db) => new MysqlIntrospector(db),
    ),
    passesOver: 'insert-ignore',
  },
};
