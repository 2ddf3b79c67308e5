import { readFileSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readDescriptor } from '../csv/descriptor.ts';
import { RowferryError } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';

/** Flags that several commands share, and what turns their text into values. */

export function withServer(command: Command): Command {
  return command.option(
    '--server <url>',
    'a running server, with its key in ROWFERRY_KEY (default: one is started for this command)',
  );
}

export function withListen(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default: 5000)', wholeNumber)
    .option('--tls-cert <file>', 'HTTPS with this certificate, and those that lead to its root, in PEM')
    .option('--tls-key <file>', 'the key of the certificate, in PEM')
    .addOption(logOption());
}

export interface LogFlags {
  readonly log?: 'text' | 'json';
}

export interface ListenFlags extends LogFlags {
  readonly host?: string;
  readonly port?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function logOption(): Option {
  return new Option('--log <format>', 'stdout as lines for people or as JSON lines').choices([
    'text',
    'json',
  ]);
}

/** Beside the setting `waitMs`. */
export function waitOption(): Option {
  return new Option(
    '--wait <seconds>',
    'how long to wait for a database or server that is away (default: 600)',
  ).argParser(wholeNumber);
}

export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number.');
}

/** `1048576`, `500M`, `64G`, `1.5T`: powers of 1024, as files are cut and disks are not sold. */
export function byteSize(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?)\s*([KMGT]?)(?:i?B)?$/i.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('expected a size such as 500M or 64G.');
  return Math.round(Number(digits) * 1024 ** ' KMGT'.indexOf(unit.toUpperCase() || ' '));
}

export function rejectLimit(text: string): string {
  if (/^(\d{1,12}|(100|\d{1,2}(\.\d{1,3})?)%)$/.test(text)) return text;
  throw new InvalidArgumentError('expected a number such as 100, or a share such as 5%.');
}

export function withDialect(command: Command): Command {
  return command.option(
    '--dialect <json|@file>',
    'how the files are written, such as {"delimiter":";"}, or the file of a dialect or data resource descriptor',
  );
}

export function withSniff(command: Command): Command {
  return command.option(
    '--no-sniff',
    'read what is not declared of a file as RFC 4180, without a look at it',
  );
}

/** A dialect as typed: JSON, or `@` and the file that it stands in. Descriptors of other standards are read too. */
export function dialectOf(text: string | undefined): Partial<Dialect> | undefined {
  if (text === undefined) return undefined;
  const json = text.startsWith('@') ? fileText(text.slice(1)) : text;
  const value = parse(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return readDescriptor(value);
  const found = text.startsWith('@') ? `${text}, which holds no JSON object` : text;
  throw new RowferryError('usage', `--dialect is ${found}; expected a JSON object`, {
    hint: `for example --dialect '{"delimiter":";"}', or --dialect @dialect.json`,
  });
}

/** Descriptors of resources name every field, and are small all the same. */
const MAX_DESCRIPTOR_BYTES = 4 << 20;

function fileText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size <= MAX_DESCRIPTOR_BYTES) return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new RowferryError('usage', `--dialect @${path} cannot be read: ${detail}`, {
      hint: 'give the path of a JSON file after the @',
      cause,
    });
  }
  throw new RowferryError('usage', `--dialect @${path} is larger than ${MAX_DESCRIPTOR_BYTES} bytes`, {
    hint: 'give the path of a JSON file with a dialect after the @',
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Help texts end with examples, each a command to type and what it does. */
export function examples(...pairs: ReadonlyArray<readonly [command: string, does: string]>): string {
  const lines = pairs.map(([command, does]) => `  $ ${command}\n      ${does}`);
  return `\nExamples:\n${lines.join('\n')}`;
}
