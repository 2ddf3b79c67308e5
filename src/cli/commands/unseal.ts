import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { RowferryError } from '../../errors.ts';
import { writeAtomic } from '../../lib/atomic-file.ts';
import type { Exchange } from '../../seal/exchange.ts';
import { openResponseStream } from '../../seal/open.ts';
import type { App } from '../app.ts';
import { type CurlAnswer, readCurlAnswer } from '../curl-answer.ts';
import { readExchange, tokenOfConfig } from '../exchange-file.ts';
import type { ExitCode } from '../exit-codes.ts';
import { examples } from '../flags.ts';

export function registerUnseal(program: Command, app: App): void {
  const command = program
    .command('unseal')
    .summary('open the answer to a request that was sealed for curl')
    .description(
      'Open the answer to a request that rowferry seal made: what curl -i prints, head and body. The content goes to ' +
        'stdout, or to --out, once all of it is known to come from the server; of an answer that does not open, ' +
        'nothing. Exit code 1 when the server refused.',
    )
    .argument('<exchange>', 'the file that rowferry seal wrote: FILE.exchange')
    .argument('[answer]', 'a file with what curl -i printed (default: stdin)')
    .option('--out <file>', 'where the content goes: for what is large or no text')
    .addHelpText(
      'after',
      examples(
        ['curl -si -H @head --data-binary @q $URL | rowferry unseal q.exchange', 'the answer, as it is made'],
        ['rowferry unseal q.exchange answer --out jobs.avro', 'a downloaded backup, whole or not at all'],
      ),
    );
  command.action((exchange: string, answer: string | undefined, { out }: { out?: string }) =>
    app.run(async () => {
      const token = tokenOfConfig(app.config(command));
      const received = await readCurlAnswer(answer === undefined ? process.stdin : createReadStream(answer));
      // In a pipeline the seal is made while this runs; once there is an answer, it is there.
      const opener = await readExchange(exchange, token);
      return out === undefined ? toStdout(app, opener, received) : toFile(app, opener, received, out);
    }),
  );
}

/** All of it is held first: nothing of an answer is used before its end verified. */
async function toStdout(app: App, exchange: Exchange, answer: CurlAnswer): Promise<ExitCode> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of contentOf(exchange, answer)) chunks.push(chunk);
  const content = Buffer.concat(chunks);
  if (app.ui.json) app.ui.data({ ...facts(answer, content.length), file: null, content: textOf(content) });
  else app.streams.stdout.write(content);
  return told(app, answer);
}

async function toFile(app: App, exchange: Exchange, answer: CurlAnswer, path: string): Promise<ExitCode> {
  let bytes = 0;
  await writeAtomic(path, async (file) => {
    for await (const chunk of contentOf(exchange, answer)) {
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
  });
  app.ui.data({ ...facts(answer, bytes), file: resolve(path), content: null });
  return told(app, answer);
}

function contentOf(exchange: Exchange, answer: CurlAnswer): AsyncIterable<Uint8Array> {
  if (answer.contentEncoding !== null) return openResponseStream(exchange, answer, answer.body);
  throw new RowferryError(
    'answer-invalid',
    `the answer is not sealed (${answer.status}): nothing is known to be done`,
    {
      hint:
        answer.status === 401
          ? 'is the key live and one of this server? is the clock of this machine right?'
          : 'seal the request again with the same --idempotency-key, and look at what stands between here and the server',
    },
  );
}

function facts({ status, contentType }: CurlAnswer, bytes: number): Record<string, unknown> {
  return { status, contentType, bytes };
}

function textOf(content: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
  } catch (cause) {
    throw new RowferryError('usage', 'the content is no text', {
      hint: 'name a file for it: --out FILE',
      cause,
    });
  }
}

function told({ ui }: App, { status }: CurlAnswer): ExitCode {
  if (status < 400) return 0;
  ui.note(`rowferry: the server answered ${status}`);
  return 1;
}
