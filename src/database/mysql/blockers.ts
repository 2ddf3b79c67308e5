import { RowferryError } from '../../errors.ts';
import type { SqlRow } from '../database.ts';
import type { Session } from './session.ts';

/** Who holds the lock that a restore waits for. */

/** Transactions that hold locks, the oldest first. Asks for the right PROCESS. */
const TRANSACTIONS = `SELECT p.ID AS id, p.USER AS user, p.HOST AS host, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) AS seconds
  FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id
  WHERE p.ID <> CONNECTION_ID() AND p.DB = DATABASE() AND (t.trx_rows_locked > 0 OR t.trx_tables_locked > 0)
  ORDER BY t.trx_started LIMIT 3`;
/** Without that right: the user's own connections. */
const CONNECTIONS = `SELECT ID AS id, USER AS user, HOST AS host, TIME AS seconds FROM information_schema.PROCESSLIST
  WHERE ID <> CONNECTION_ID() AND DB = DATABASE() ORDER BY TIME DESC LIMIT 3`;

/** A lock that did not come in time, with those who may hold it. */
export async function lockTimeout(session: Session, table: string, cause: Error): Promise<RowferryError> {
  const holders = await holdersOf(session);
  const who = holders.length === 0 ? '' : `; locks are held by ${holders.map(inWords).join(', ')}`;
  const [first] = holders;
  const end = first === undefined ? 'end it (SHOW PROCESSLIST shows who it is)' : `end it: KILL ${first.id}`;
  return new RowferryError('lock-timeout', `${table} is locked by another program${who}`, {
    hint: `wait until it is done, or ${end}; then try again`,
    cause,
  });
}

async function holdersOf(session: Session): Promise<SqlRow[]> {
  const transactions = await session.rows(TRANSACTIONS).catch(() => []);
  return transactions.length > 0 ? transactions : session.rows(CONNECTIONS).catch(() => []);
}

const inWords = ({ id, user, host, seconds }: SqlRow): string =>
  `connection ${id} (${user}@${host}, for ${seconds} s)`;
