import { join } from 'node:path';
import { stopWithin, until } from '../up-process.ts';
import { eventsDdl } from './events.ts';
import { type Fault, note } from './fault.ts';
import { Ending, homeOf } from './home.ts';
import { standing } from './invariant.ts';
import { Sending, serve } from './server-kills.ts';
import { startStallingProxy } from './stalling-proxy.ts';

const HURRIED = join(import.meta.dirname, 'hurried.ts');
const LINES = 40_000;
/** design's limit. */
const LATEST_MS = 30_000;
/** With what else the machine has to do. */
const SLACK_MS = 3000;

/** 38: of SQLite there is no other end that could stand still. In a short run the server's clock is hurried. */
export const stalls: Fault = {
  number: 38,
  name: 'SIGTERM while the database stands still: ended within 30 s, with another exit code',
  engines: ['postgres', 'mysql'],
  run: async ({ databases, seed, times, isShort, tally }) => {
    for (; tally.injected < times; tally.injected += 1) {
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, true));
      await using proxy = await startStallingProxy(database.url);
      const home = homeOf(ending, { url: proxy.url });
      const { server, url, key } = await serve(ending, home, '0', isShort ? { imports: [HURRIED] } : {});
      const sender = new Sending(url, key, home, { seed: seed + tally.injected, lines: LINES });
      ending.after(() => sender.stop());
      const loading = sender.go();
      await until(server, 'a part is taken', () => sender.held.length > 0);
      proxy.stall();
      const started = performance.now();
      const { code, isLate } = await stopWithin(server, isShort ? LATEST_MS / 10 + SLACK_MS : LATEST_MS);
      const took = Math.round(performance.now() - started);
      note(tally, `${database.engine}, SIGTERM ${tally.injected + 1}`, [
        ...(code === 143 ? [] : [`exit code ${code}: ${server.output()}`]),
        ...(isLate ? [`it took ${took} ms`] : []),
        ...(took > (isShort ? LATEST_MS / 20 : LATEST_MS / 2) ? [] : [`what was under way had ${took} ms`]),
        ...(await standing(database, sender.held)),
      ]);
      tally.told.push(`gone after ${(took / 1000).toFixed(1)} s`);
      sender.stop();
      await loading;
      tally.runs += 1;
    }
  },
};
