/** What names of files say of their content: pure, for every rank. */

const COMPRESSED = /\.(?:gz|zst)$/i;
const INPUT = /(?:\.csv(?:\.gz|\.zst)?|\.zip)$/i;

/** `jobs.csv.gz` → `jobs.csv`: the name that the content had before it was compressed. */
export function plainName(name: string): string {
  return name.replace(COMPRESSED, '');
}

/** `.csv`, `.csv.gz`, `.csv.zst` or `.zip`, as the name has it; empty for a file of another kind. */
export function inputEnding(name: string): string {
  return INPUT.exec(name)?.[0] ?? '';
}
