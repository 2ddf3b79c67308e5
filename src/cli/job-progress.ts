import { createRequire } from 'node:module';
import type cliProgress from 'cli-progress';
import type { BackupJob, WatchOptions } from '../client/client.ts';
import { oneLine } from '../log.ts';
import { count, moment, seconds } from './format.ts';
import { onInterrupt } from './interrupt.ts';
import { barLine } from './progress.ts';
import type { Ui } from './ui.ts';

/** How far a backup, a verification or a restore is, and when it will end; Ctrl-C stops it. */

/** Without a terminal a long job says this often that it lives. */
const LINE_EVERY_MS = 10_000;
const WHOLE = 1000;

interface Shower {
  update(job: BackupJob): void;
  end(): void;
}

/** Runs what takes such options; nothing is shown of what is done within half a second, nor with --json. */
export async function watchJob<T>(ui: Ui, work: (watch: WatchOptions) => Promise<T>): Promise<T> {
  using interrupt = onInterrupt(() => ui.note('stopping (Ctrl-C again: at once)'));
  const { signal } = interrupt;
  if (ui.json) return await work({ signal });
  const shower = ui.stderrIsTerminal ? bar(ui) : lines(ui);
  try {
    return await work({ signal, onProgress: (job) => shower.update(job) });
  } finally {
    shower.end();
  }
}

function bar(ui: Ui): Shower {
  // Only for who sees it.
  const { SingleBar }: typeof cliProgress = createRequire(import.meta.url)('cli-progress');
  let shown = '';
  const drawn = new SingleBar({
    format: () => shown,
    stream: ui.stderr,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false,
    fps: 10,
  });
  let isStarted = false;
  return {
    update(job) {
      const { share } = job;
      shown =
        share === null
          ? `${doing(job)} ${factsOf(job)}`
          : barLine(doing(job), share * WHOLE, WHOLE, factsOf(job));
      if (!isStarted) drawn.start(WHOLE, 0, {});
      isStarted = true;
      drawn.update((share ?? 0) * WHOLE, {});
    },
    end: () => {
      if (isStarted) drawn.stop();
    },
  };
}

function lines(ui: Ui): Shower {
  let saidAt = performance.now();
  return {
    update(job) {
      const now = performance.now();
      if (now - saidAt < LINE_EVERY_MS) return;
      saidAt = now;
      const percent = job.share === null ? '' : `${Math.floor(job.share * 100)} % `;
      ui.note(`${doing(job)}: ${percent}${factsOf(job)}`);
    },
    end: () => undefined,
  };
}

const DOING: Readonly<Record<NonNullable<BackupJob['phase']>, string>> = {
  counting: 'counting',
  writing: 'backing up',
  'reading-back': 'reading back',
  proving: 'reading the backup of',
  restoring: 'restoring',
  finishing: 'putting in place',
  comparing: 'comparing',
};

function doing({ kind, phase, table, tables, tablesDone }: BackupJob): string {
  if (phase === null) return kind;
  const isSafety = kind === 'restore' && (phase === 'writing' || phase === 'reading-back');
  const which = `${isSafety ? 'what is there, ' : ''}${oneLine(table ?? 'a table')}`;
  const place = tables === null || tables < 2 ? '' : ` (${tablesDone + 1} of ${tables})`;
  return `${DOING[phase]} ${which}${place}`;
}

/** Rows, rows/s, when it ends and how long that is. */
export function factsOf(job: BackupJob, now = Date.now()): string {
  const { startedAt, phase, rows, total, rowsPerSecond, endsAt } = job;
  if (startedAt === null) return 'waits for its turn: the server is at another one';
  if (phase === null) return 'begins';
  const facts = [
    rows === null || total === null ? null : `${count(rows)} of ${count(total)} rows`,
    rowsPerSecond === null ? null : `${count(rowsPerSecond)} rows/s`,
    endsAt === null ? null : `ends ${moment(endsAt).slice(11)}, ${left(endsAt, now)} left`,
  ];
  return facts.filter((fact) => fact !== null).join(' · ');
}

function left(endsAt: string, now: number): string {
  const value = Math.max(1, Math.round((Date.parse(endsAt) - now) / 1000));
  return value < 60 ? `${value} s` : seconds(value);
}
