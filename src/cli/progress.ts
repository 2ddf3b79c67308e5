import { createRequire } from 'node:module';
import type cliProgress from 'cli-progress';
import type { LoadProgress, Waiting } from '../client/client.ts';
import { oneLine } from '../log.ts';
import { count, lasting, moment, plural, size } from './format.ts';
import type { Ui } from './ui.ts';

/** Before a file is sent it may have to be unpacked, or read from standard input. */
export type Shown =
  | LoadProgress
  | { readonly phase: 'unpacking' | 'reading'; readonly bytes: number; readonly size: number };

/** What is shown while a file is on its way. */
export interface Progress {
  update(progress: Shown): void;
  /** The server or the database is away; null: it goes on. */
  wait(waiting: Waiting | null): void;
  end(): void;
}

/** What is shorter is no news. */
const TOLD_SECONDS = 10;
const BAR_CELLS = 24;
/** Without a terminal a long load says this often that it lives. */
const LINE_EVERY_MS = 10_000;

/** A bar against the file's size on a terminal, a plain line now and then elsewhere; nothing with --json. */
export function startProgress(ui: Ui, name: string): Progress {
  const wait = (waiting: Waiting | null) => ui.note(waitingLine(name, waiting));
  if (ui.json) return { update: () => {}, wait, end: () => {} };
  return ui.stderrIsTerminal ? barProgress(ui, name) : lineProgress(ui, name, wait);
}

/** Said once at its beginning and once at its end, however long it takes. */
function waitingLine(name: string, waiting: Waiting | null): string {
  return `rowferry: ${oneLine(name)} ${waiting === null ? 'goes on' : waits(waiting)}`;
}

export function waits({ since, reason: { detail, retryAfterSeconds = 0 } }: Waiting): string {
  const asked = retryAfterSeconds < TOLD_SECONDS ? '' : `; it is to be asked again in ${retryAfterSeconds} s`;
  return `waits since ${moment(since.toISOString())}: ${oneLine(detail)}${asked}`;
}

function barProgress(ui: Ui, name: string): Progress {
  const startedAt = performance.now();
  // Only for who sees it.
  const { SingleBar }: typeof cliProgress = createRequire(import.meta.url)('cli-progress');
  const bar = new SingleBar({
    format: (_options, { value, total }, payload) => barLine(name, value, total, String(payload.facts ?? '')),
    stream: ui.stderr,
    hideCursor: true,
    clearOnComplete: true,
    // It would end the process on Ctrl-C, before the load is left in order.
    gracefulExit: false,
    fps: 10,
  });
  let started = false;
  let shown: Shown | null = null;
  return {
    update(progress) {
      shown = progress;
      const facts = factsOf(progress, (performance.now() - startedAt) / 1000);
      if (!started) bar.start(progress.size, 0, { facts });
      started = true;
      // What is unpacked has another size than what it comes from.
      bar.setTotal(progress.size);
      bar.update(progress.bytes, { facts });
    },
    wait(waiting) {
      if (!started) ui.note(waitingLine(name, waiting));
      else if (waiting !== null) bar.update(shown?.bytes ?? 0, { facts: waits(waiting) });
      else if (shown !== null) this.update(shown);
    },
    end: () => {
      if (started) bar.stop();
    },
  };
}

function lineProgress(ui: Ui, name: string, wait: Progress['wait']): Progress {
  const startedAt = performance.now();
  let saidAt = startedAt;
  return {
    update(progress) {
      const now = performance.now();
      if (now - saidAt < LINE_EVERY_MS) return;
      saidAt = now;
      const percent = Math.floor((100 * progress.bytes) / Math.max(1, progress.size));
      ui.note(`${name}: ${percent} % ${factsOf(progress, (now - startedAt) / 1000)}`);
    },
    wait,
    end: () => {},
  };
}

export function barLine(name: string, value: number, total: number, facts: string): string {
  const share = total === 0 ? 1 : value / total;
  const full = Math.floor(share * BAR_CELLS);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `${name} ${'█'.repeat(full)}${'░'.repeat(BAR_CELLS - full)} ${percent} % ${facts}`;
}

/** rows/s, MB/s, rejects so far, time left: of what is sent now. What is not counted is left out. */
export function factsOf(progress: Shown, elapsed: number): string {
  if (progress.phase !== 'sending') return `${progress.phase} ${size(progress.size)}`;
  const { counts, before = { bytes: 0, read: 0 } } = progress;
  const time = Math.max(elapsed, 0.001);
  const bytes = progress.bytes - before.bytes;
  const left = (time * (progress.size - progress.bytes)) / bytes;
  return [
    ...(counts.read === 0 ? [] : [`${count((counts.read - before.read) / time)} rows/s`]),
    `${(bytes / 1e6 / time).toFixed(1)} MB/s`,
    ...(counts.read + counts.rejected === 0 ? [] : [plural(counts.rejected, 'reject')]),
    ...(bytes === 0 ? [] : [`${lasting(left)} left`]),
  ].join(' · ');
}
