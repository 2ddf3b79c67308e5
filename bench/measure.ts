/** Wall time, CPU time and peak memory of processes, read from Linux's /proc. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

/** The peak is the kernel's own high-water mark, so a poll misses only what happens in a process's last moment. */
const POLL_MS = 10;
/** USER_HZ, 100 on every Linux that matters. */
const TICKS_A_SECOND = 100;

export interface Usage {
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

export interface Measurement extends Usage {
  readonly seconds: number;
  readonly stdout: string;
}

export interface Command {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Default 0. */
  readonly exitCode?: number;
}

/** Runs a command to its end. Throws when it does not exit as expected. */
export async function measure(command: Command): Promise<Measurement> {
  const { program, parameters, environment = {}, exitCode = 0 } = command;
  const started = performance.now();
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  const watch = watchUsage(child.pid);
  const ended = Promise.withResolvers<{ code: number | null; seconds: number }>();
  child.once('error', (error) => {
    watch.stop();
    ended.reject(error);
  });
  child.once('exit', (code) => ended.resolve({ code, seconds: (performance.now() - started) / 1000 }));
  const [{ code, seconds }, stdout, stderr] = await Promise.all([
    ended.promise,
    text(child.stdout),
    text(child.stderr),
  ]);
  const usage = watch.stop();
  if (code !== exitCode)
    throw new Error(`${program} ${parameters.join(' ')} exited ${code}\n${stdout}${stderr}`);
  return { seconds, stdout, ...usage };
}

/** Follows a running process. `stop` gives what it used since the call, and its peak since it started. */
export function watchUsage(pid: number | undefined): { stop(): Usage } {
  const first = usageOf(pid);
  let last = first;
  const look = (): void => {
    last = usageOf(pid) ?? last;
  };
  const timer = setInterval(look, POLL_MS);
  return {
    stop() {
      clearInterval(timer);
      look();
      return {
        cpuSeconds: (last?.cpuSeconds ?? 0) - (first?.cpuSeconds ?? 0),
        peakRssBytes: last?.peakRssBytes ?? 0,
      };
    },
  };
}

/** Null when the process is gone. */
function usageOf(pid: number | undefined): Usage | null {
  try {
    // proc(5): after the name in parentheses, utime and stime are fields 14 and 15, counted from 1.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    if (peak === undefined) return null;
    return { cpuSeconds: ticks / TICKS_A_SECOND, peakRssBytes: Number(peak) * 1024 };
  } catch {
    return null;
  }
}

/** Throws a TypeError for no values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new TypeError('median of nothing');
  return (low + high) / 2;
}
