import { appendFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Logger } from 'pino';

export type { Logger };

export interface LogOptions {
  readonly level?: string;
  /** Structured lines go here; default stdout. */
  readonly destination?: { write(line: string): void };
  /** Errors, warnings and what is marked `keep: true` also go here, one readable line each; null: nowhere. */
  readonly errorFile?: string | null;
}

/** One JSON object a line on stdout; what went wrong also as a readable line in log.txt. */
export function createLog(options: LogOptions = {}): Logger {
  const file = options.errorFile ?? null;
  if (file !== null) mkdirSync(dirname(file), { recursive: true });
  // Only now: a command that writes no log starts 10 ms sooner.
  const { pino }: typeof import('pino') = createRequire(import.meta.url)('pino');
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: ['req.headers.authorization', 'authorization', 'key', '*.key'],
      hooks: {
        logMethod(parameters, method, level) {
          if (file !== null && (level >= 40 || isKept(parameters[0])))
            writeErrorLine(file, level, parameters);
          method.apply(this, parameters);
        },
      },
    },
    options.destination ?? process.stdout,
  );
}

function isKept(fields: unknown): boolean {
  return typeof fields === 'object' && fields !== null && 'keep' in fields && fields.keep === true;
}

function writeErrorLine(file: string, level: number, parameters: readonly unknown[]): void {
  const [first, second] = parameters;
  const fields = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {};
  const message = typeof first === 'string' ? first : typeof second === 'string' ? second : '';
  const error = fields.err;
  const because = error instanceof Error ? `: ${error.message}` : '';
  const details = Object.entries(fields)
    .filter(([name, value]) => name !== 'err' && (typeof value === 'string' || typeof value === 'number'))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
  const name = level >= 50 ? 'ERROR' : level >= 40 ? 'WARN' : 'INFO';
  const line = `${new Date().toISOString()} ${name} ${message}${because} ${details}`;
  try {
    appendFileSync(file, `${oneLine(line).trimEnd()}\n`, { mode: 0o600 });
    lost.delete(file);
  } catch (error) {
    tellLost(file, error);
  }
}

/** Files that took no line when they were written to last. */
const lost = new Set<string>();

/** Once, until it takes lines again: the disk may be full, and what is logged goes on to stdout all the same. */
function tellLost(file: string, error: unknown): void {
  if (lost.has(file)) return;
  lost.add(file);
  const because = error instanceof Error ? error.message : String(error);
  process.stderr.write(`rowferry: lines for ${file} are lost: ${oneLine(because)}\n`);
}

/** CR, LF, escape and other control characters would forge lines or colours: they are shown as \xNN. */
export function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
