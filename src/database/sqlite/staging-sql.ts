import { quoteName } from './encode.ts';

/**
 * The statements of a table, for another name. SQLite keeps them as they were typed from the name on; what stands
 * before it is normalised to `CREATE TABLE` and `CREATE UNIQUE INDEX`, without a schema or IF NOT EXISTS.
 */

/**
 * The same columns and constraints under another name, without foreign keys: through them a change of a parent
 * would be refused because of rows that are not loaded yet, or would change these.
 */
export function stagingTableSql(createTable: string, name: string): string {
  const tokens = tokenize(createTable);
  return edit(createTable, [rename(tokens, 2, name), ...foreignKeyClauses(tokens)]);
}

export function stagingIndexSql(createIndex: string, index: string, table: string): string {
  const tokens = tokenize(createIndex);
  return edit(createIndex, [rename(tokens, 3, index), rename(tokens, 5, table)]);
}

interface Token {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Comments, quoted names and strings whole; words; single marks. https://sqlite.org/draft/tokenreq.html */
const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$\u0080-\uffff]+|\S/g;

function tokenize(sql: string): Token[] {
  return [...sql.matchAll(TOKEN)]
    .filter(({ 0: text }) => !text.startsWith('--') && !text.startsWith('/*'))
    .map(({ 0: text, index }) => ({ text, start: index, end: index + text.length }));
}

function rename(tokens: readonly Token[], at: number, name: string): Edit {
  const { start, end } = tokens[at] ?? { start: 0, end: 0 };
  return { start, end, text: quoteName(name) };
}

function edit(sql: string, edits: readonly Edit[]): string {
  return edits.reduceRight(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    sql,
  );
}

/** Each is replaced by a constraint that always holds, so that commas and CONSTRAINT names may stay. */
function foreignKeyClauses(tokens: readonly Token[]): Edit[] {
  const edits: Edit[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const word = wordAt(tokens, i);
    if (word !== 'foreign' && word !== 'references') continue;
    const start = tokens[i]?.start ?? 0;
    const after = clauseEnd(tokens, word === 'foreign' ? afterParentheses(tokens, i + 2) : i);
    edits.push({ start, end: tokens[after - 1]?.end ?? start, text: 'CHECK (true)' });
    i = after - 1;
  }
  return edits;
}

/** Index of the first token after `REFERENCES table (columns) ON … MATCH … DEFERRABLE …`, which starts at `at`. */
function clauseEnd(tokens: readonly Token[], at: number): number {
  let i = at + 2;
  if (wordAt(tokens, i) === '(') i = afterParentheses(tokens, i);
  for (;;) {
    const length = optionLength(tokens, i);
    if (length === 0) return i;
    i += length;
  }
}

/** Tokens of one option of a foreign key; 0 for anything else, such as NOT NULL. */
function optionLength(tokens: readonly Token[], i: number): number {
  switch (wordAt(tokens, i)) {
    case 'on':
      return ['set', 'no'].includes(wordAt(tokens, i + 2)) ? 4 : 3;
    case 'match':
    case 'initially':
      return 2;
    case 'deferrable':
      return 1;
    case 'not':
      return wordAt(tokens, i + 1) === 'deferrable' ? 2 : 0;
    default:
      return 0;
  }
}

/** Index of the first token after the parenthesis that opens at `open`. */
function afterParentheses(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const { text } = tokens[i] ?? { text: '' };
    if (text === '(') depth += 1;
    else if (text === ')') depth -= 1;
    if (depth === 0) return i + 1;
  }
  return tokens.length;
}

const wordAt = (tokens: readonly Token[], i: number): string => tokens[i]?.text.toLowerCase() ?? '';
