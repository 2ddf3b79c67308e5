import { privilegeError } from '../restore-failures.ts';
import { isDenied } from './failures.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/** The GRANT that a user lacks. */

/** "INSERT command denied to user 'u'@'host' for table `d`.`t`", or "… for column 'c' in table 't'" */
const DENIED = /^([A-Z][A-Z ]*) command denied .*(?:for|in) table (?:[`']\w+[`']\.)?[`'](.+?)[`']$/s;

/** What the user may not do to a table, with the statement that lets him; every other error as it came. */
export async function withGrant(session: Session, error: unknown): Promise<unknown> {
  if (!isDenied(error) || !(error instanceof Error)) return error;
  const [, right = '', table = ''] = DENIED.exec(error.message) ?? [];
  const grantee = await currentUser(session);
  if (right === '' || grantee === null) return error;
  return privilegeError(error.message, `GRANT ${right} ON ${quoteName(table)} TO ${grantee}`, error);
}

/** As GRANT takes it; the message names the host that the user comes from instead. */
async function currentUser(session: Session): Promise<string | null> {
  const [row] = await session.rows('SELECT current_user() AS user').catch(() => []);
  const [, name, host] = /^(.*)@([^@]*)$/.exec(String(row?.user)) ?? [];
  return name === undefined ? null : `'${name}'@'${host}'`;
}
