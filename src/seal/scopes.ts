import { RowferryError } from '../errors.ts';

/** What a key may do with a table. `replace` is kept for loads that replace a table's rows. */
export const ACTIONS = ['read', 'insert', 'upsert', 'replace', 'backup', 'restore', 'rejects'] as const;
export type Action = (typeof ACTIONS)[number];

export const KEYS_ADMIN = 'keys:admin';
/** What the owner of a key may be called. */
export const OWNER_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$';
/** Every table, every action. */
export const ALL_TABLES = 'tables:*:*';

const GLOB = /^[^:*\p{Cc}]*(?:\*[^:*\p{Cc}]*)*$/u;

/** Throws `bad-request` naming the first scope that is none. */
export function checkScopes(scopes: readonly string[]): void {
  scopes.forEach((scope, index) => {
    if (scope === KEYS_ADMIN || parseScope(scope) !== null) return;
    throw new RowferryError('bad-request', `${JSON.stringify(scope)} is not a scope`, {
      hint: `expected ${KEYS_ADMIN} or tables:<name or glob>:<${ACTIONS.join('|')}|*>, such as ${ALL_TABLES}`,
      errors: [{ pointer: `/scopes/${index}`, code: 'scope' }],
    });
  });
}

/** Whether the scopes hold `action` on the table. Deny by default. */
export function allows(scopes: readonly string[], table: string, action: Action): boolean {
  return scopes.some((scope) => {
    const parsed = parseScope(scope);
    return (
      parsed !== null && matches(parsed.glob, table) && (parsed.action === '*' || parsed.action === action)
    );
  });
}

/** Whether the table may be known of at all: any action on it is held. */
export function sees(scopes: readonly string[], table: string): boolean {
  return ACTIONS.some((action) => allows(scopes, table, action));
}

function parseScope(scope: string): { glob: string; action: Action | '*' } | null {
  const [kind, glob, verb, ...rest] = scope.split(':');
  const action = verb === '*' ? verb : ACTIONS.find((each) => each === verb);
  if (kind !== 'tables' || !glob || action === undefined || rest.length > 0) return null;
  return GLOB.test(glob) && glob.length <= 256 ? { glob, action } : null;
}

/** `*` stands for any run of characters. Piece by piece, since a pattern would backtrack on many stars. */
function matches(glob: string, name: string): boolean {
  const pieces = glob.split('*');
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return glob === name;
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let from = first.length;
  const end = name.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}
