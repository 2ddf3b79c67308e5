/** The ranks of src/, lowest first (ARCHITECTURE.md, Import rule). A name is a folder, or a file without `.ts`. */
export const RANKS: ReadonlyArray<readonly string[]> = [
  ['errors', 'config', 'log', 'model', 'lib'],
  ['csv', 'check', 'dictionary', 'inputs', 'seal', 'age', 'avro', 'database', 'queue'],
  ['ledger'],
  ['ingest', 'backup', 'plan', 'clean'],
  ['client', 'server', 'watch', 'worker'],
  ['cli', 'index'],
];

/** The folder or loose file of src/ that a path like `src/model/table.ts` belongs to. */
export function roomOf(path: string): string {
  return (path.split('/')[1] ?? '').replace(/\.ts$/, '');
}

/** 0 is the lowest; -1: no such room is known. */
export function rankOf(room: string): number {
  return RANKS.findIndex((rooms) => rooms.includes(room));
}
