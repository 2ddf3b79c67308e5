import type { EngineName } from './databases.ts';
import type { Tally } from './fault.ts';

export interface Result {
  readonly fault: string;
  readonly engine: EngineName;
  readonly tally: Tally;
}

/** As it stands in docs/reliability.md. */
export function tableOf(results: readonly Result[]): string[] {
  return [
    '| fault | engine | runs | faults injected | looks at the invariant | violations |',
    '|---|---|---|---|---|---|',
    ...results.map(
      ({ fault, engine, tally: { runs, injected, checks, violations } }) =>
        `| ${fault} | ${engine} | ${runs} | ${injected} | ${checks} | ${violations.length} |`,
    ),
  ];
}
