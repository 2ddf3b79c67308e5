import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { EngineName } from './databases.ts';
import type { Tally } from './fault.ts';
import { FAULTS } from './faults.ts';

export interface Result {
  /** Number and name. */
  readonly fault: string;
  readonly engine: EngineName;
  readonly tally: Tally;
}

/** As it stands in docs/reliability.md. */
export function tableOf(results: readonly Result[]): string[] {
  return [
    '| fault | engine | runs | faults injected | looks at the invariant | violations | what was seen |',
    '|---|---|---|---|---|---|---|',
    ...results.map(
      ({ fault, engine, tally: { runs, injected, checks, violations, told } }) =>
        `| ${fault} | ${engine} | ${runs} | ${injected} | ${checks} | ${violations.length} | ${told.join('; ')} |`,
    ),
  ];
}

/** Those of the file, the new ones in the place of older ones of the same fault and engine; in the order of the list. */
export function writeResults(file: string, results: readonly Result[]): Result[] {
  const nameOf = ({ fault, engine }: Result) => `${fault} ${engine}`;
  const all = new Map([...readResults(file), ...results].map((each) => [nameOf(each), each]));
  const order = FAULTS.map(({ fault }) => `${fault.number} ${fault.name}`);
  const sorted = [...all.values()].sort((a, b) => order.indexOf(a.fault) - order.indexOf(b.fault));
  writeFileSync(file, JSON.stringify(sorted, null, 2));
  return sorted;
}

function readResults(file: string): Result[] {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
}
