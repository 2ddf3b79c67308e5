import type { Rowferry } from '../client/client.ts';
import { circleOf } from '../dictionary/circle.ts';
import { oneLine } from '../log.ts';
import type { Reason } from '../model/receipt.ts';
import type { Ui } from './ui.ts';

/** Where rejects want for parents in tables that refer back to theirs: what no retry can load, and the way out. */
export async function tellCircle(
  ui: Ui,
  client: Rowferry,
  table: string,
  reasons: readonly Pick<Reason, 'code'>[],
): Promise<void> {
  if (!reasons.some(({ code }) => code === 'foreign_key')) return;
  const circle = circleOf(table, await client.tables());
  if (circle.length === 0) return;
  ui.line(`\n${oneLine([...circle, circle[0]].join(' → '))}: these tables refer to each other in a circle.`);
  ui.line(
    'A row that waits for one that waits for it gets in by no retry: load one of the two with an empty key,',
  );
  ui.line('then the other, and update the first.');
}
