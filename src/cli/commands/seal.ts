import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { type Command, InvalidArgumentError } from 'commander';
import { RowferryError } from '../../errors.ts';
import { writeAtomic } from '../../lib/atomic-file.ts';
import type { Exchange } from '../../seal/exchange.ts';
import type { Head } from '../../seal/head.ts';
import { deriveKeys } from '../../seal/keys.ts';
import { splitTarget } from '../../seal/received-head.ts';
import { sealRequestStream, signHead } from '../../seal/seal.ts';
import type { App } from '../app.ts';
import { exchangePath, tokenOfConfig, writeExchange } from '../exchange-file.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples } from '../flags.ts';

interface SealFlags {
  readonly body?: string;
  readonly type?: string;
  readonly gzip?: boolean;
  readonly idempotencyKey?: string;
  readonly out: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.ndjson': 'application/x-ndjson',
  '.avro': 'application/avro',
};

export function registerSeal(program: Command, app: App): void {
  const command = program
    .command('seal')
    .summary('seal one request, for curl to send')
    .description(
      'Seal one request with ROWFERRY_KEY (docs/protocol.md): print its header lines, write its body to FILE and what ' +
        'its answer is opened with to FILE.exchange. It is good for five minutes and for sending once; to send it ' +
        'again, seal it again with the same --idempotency-key.',
    )
    .argument('<method>', 'GET, POST, PATCH or DELETE', methodOf)
    .argument('<url>', 'as curl will be given it')
    .option('--body <file>', 'the body, in the clear')
    .option('--type <type>', 'content type of the body (default: from the ending of its name)')
    .option('--gzip', 'compress the body before it is sealed')
    .option('--idempotency-key <key>', '16 to 64 of A-Z a-z 0-9 _ - (default: a new one)', idempotencyKeyOf)
    .requiredOption('--out <file>', 'where the sealed body goes')
    .addHelpText(
      'after',
      examples(
        [
          'rowferry seal GET http://127.0.0.1:5000/v1/tables --out q | curl -si -H @- http://127.0.0.1:5000/v1/tables | rowferry unseal q.exchange',
          'a question and its answer, in one line',
        ],
        [
          'rowferry seal POST $URL --body jobs.csv --out q | curl -si -H @- --data-binary @q $URL | rowferry unseal q.exchange',
          "rows, with URL='http://127.0.0.1:5000/v1/tables/jobs/rows'; -H @- stands first, since it waits for the seal",
        ],
      ),
    );
  command.action((method: string, url: string, flags: SealFlags) =>
    app.run(() => seal(app, command, { method, url, flags })),
  );
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly flags: SealFlags;
}

async function seal(app: App, command: Command, { method, url, flags }: Asked): Promise<ExitCode> {
  const token = tokenOfConfig(app.config(command));
  const head = headOf(method, targetOf(url), flags);
  const { fields, exchange } = signHead(head, { keyId: token.keyId, keys: deriveKeys(token) });
  if (flags.body !== undefined) await sealFile(exchange, flags.body, flags);
  await writeExchange(exchangePath(flags.out), exchange);
  const headers = { ...headersOf(head), ...fields };
  const body = flags.body === undefined ? null : resolve(flags.out);
  app.ui.data({ method, url, headers, body, exchange: resolve(exchangePath(flags.out)) });
  for (const [name, value] of Object.entries(headers)) app.ui.line(`${name}: ${value}`);
  return 0;
}

function headOf(method: string, target: string, flags: SealFlags): Head {
  const key = method === 'GET' ? null : (flags.idempotencyKey ?? randomUUID());
  return {
    method,
    ...splitTarget(target),
    contentType: flags.body === undefined ? null : typeOf(flags.body, flags.type),
    contentEncoding: flags.body === undefined ? null : flags.gzip === true ? 'gzip, aes128gcm' : 'aes128gcm',
    idempotencyKey: key === null ? null : `"${key}"`,
  };
}

function headersOf({ contentType, contentEncoding, idempotencyKey }: Head): Record<string, string> {
  return {
    ...(contentType === null ? {} : { 'content-type': contentType }),
    ...(contentEncoding === null ? {} : { 'content-encoding': contentEncoding }),
    ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

async function sealFile(exchange: Exchange, from: string, { out, gzip = false }: SealFlags): Promise<void> {
  const stats = await stat(from).catch(() => null);
  if (stats?.isFile() !== true) {
    throw new RowferryError('file-unreadable', `${from} is not there, or is no file`, {
      hint: 'mend --body',
    });
  }
  const content = createReadStream(from);
  const records = sealRequestStream(exchange, gzip ? compressed(content) : content);
  await writeAtomic(out, (file) => file.writeFile(records));
}

/** A failure of the file comes out of the compressor, too. */
function compressed(content: Readable): Readable {
  return pipeline(content, createGzip(), () => {});
}

/** Path and query as curl sends them: what is signed is what stands on the wire, byte for byte. */
function targetOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RowferryError('usage', `the URL is ${JSON.stringify(text)}`, {
      hint: 'expected something like http://127.0.0.1:5000/v1/tables',
    });
  }
  const target = url.pathname + url.search;
  const written = url.origin + target;
  if (text === written || `${text}/` === written) return target;
  throw new RowferryError('usage', 'the URL is not written as it goes over the wire', {
    hint: `type it so here and for curl: ${written}`,
  });
}

function typeOf(file: string, type: string | undefined): string {
  const found = type ?? TYPES[extname(file).toLowerCase()];
  if (found !== undefined) return found;
  throw new RowferryError('usage', `the name ${file} does not tell a content type`, {
    hint: 'say it, such as --type text/csv',
  });
}

function methodOf(text: string): string {
  if (/^(GET|POST|PATCH|DELETE)$/.test(text)) return text;
  throw new InvalidArgumentError('expected GET, POST, PATCH or DELETE.');
}

function idempotencyKeyOf(text: string): string {
  if (/^[A-Za-z0-9_-]{16,64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 16 to 64 of A-Z a-z 0-9 _ -.');
}
