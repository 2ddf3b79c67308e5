import { Patience } from '../client/patience.ts';
import type { Config } from '../config.ts';
import { TransientFailure } from '../database/transient-failure.ts';
import { backoffMs, pause } from '../lib/backoff.ts';
import { type Logger, oneLine } from '../log.ts';
import type { RunningServer } from '../server/listen.ts';
import { certificateEnd, loadTls, RENEW_DAYS } from '../server/tls.ts';
import { plural } from './format.ts';
import { waits } from './progress.ts';
import type { Ui } from './ui.ts';

export interface Service extends AsyncDisposable {
  readonly server: RunningServer;
}

/**
 * The server on its configured address, once its database answers; null when the signal came first. Loaded only when
 * wanted, so that other commands start fast.
 */
export async function listen(config: Config, log: Logger, signal: AbortSignal): Promise<Service | null> {
  const { startServer } = await import('../server/listen.ts');
  const start = () => startServer({ config, log, port: config.port, listensWarm: true });
  const server = await onceItAnswers(start, { config, log, signal });
  if (server === null) return null;
  warnOfCertificate(config, log);
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

function warnOfCertificate(config: Config, log: Logger): void {
  const tls = loadTls(config);
  if (tls === null) return;
  const { at, days } = certificateEnd(tls);
  if (days >= RENEW_DAYS) return;
  log.warn(`the certificate ${config.tlsCert} expires at ${at.toISOString()}: renew it, then start again`);
}

/** One line for each load of which rejects were loaded by themselves. */
export function followUps(ui: Ui, { ingest }: Pick<RunningServer, 'ingest'>): void {
  ingest.followUp(({ table, load, loaded }) =>
    ui.line(
      `${oneLine(table)}: ${plural(loaded, 'reject')} of load ${load} loaded, since the parents have come`,
    ),
  );
}

interface Start {
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** From one attempt to start to the next. */
const MOST_WAIT_MS = 2000;

/** Services are often started before their database; one that never comes is a failure all the same. Null: stopped. */
export async function onceItAnswers<T>(
  start: () => Promise<T>,
  { config, log, signal }: Start,
): Promise<T | null> {
  const patience = new Patience({
    limitMs: config.waitMs,
    tellAfterMs: 0,
    onWaiting: (waiting) => {
      if (waiting === null) log.info('goes on');
      else log.warn({ code: waiting.reason.code }, `rowferry ${waits(waiting)}`);
    },
  });
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const started = await start();
      patience.end();
      return started;
    } catch (error) {
      if (!(error instanceof TransientFailure) || !patience.bears(error)) throw error;
      await pause(backoffMs(attempt, { capMs: MOST_WAIT_MS }), signal).catch(() => undefined);
    }
  }
  return null;
}
