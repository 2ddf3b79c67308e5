import { PassThrough } from 'node:stream';
import { RowferryError } from '../../errors.ts';
import type { Load } from '../../model/receipt.ts';
import { visibleLoad } from '../access.ts';
import type { App, Services } from '../services.ts';
import { IdParams } from './parameters.ts';

export function addLoadEventsRoute(app: App, services: Services): void {
  let open = 0;
  app.get(
    '/v1/loads/:id/events',
    {
      schema: { params: IdParams },
      config: {
        docs: {
          id: 'watchLoad',
          tag: 'loads',
          summary: 'Watch a load (server-sent events)',
          description:
            'An event `load` with the whole load on every change; the stream ends when the load has ended.',
          response: { status: 200, description: 'Events', types: ['text/event-stream'] },
        },
      },
    },
    async (request, reply) => {
      const { id } = await visibleLoad(request, services, request.params.id);
      if (open >= services.limits.eventStreams) {
        throw new RowferryError('overloaded', `${open} event streams are open, which is the most`, {
          hint: `ask for the load itself: GET /v1/loads/${id}`,
          retryAfterSeconds: 5,
        });
      }
      open += 1;
      const events = new LoadEvents(id, services);
      events.stream.once('close', () => {
        open -= 1;
      });
      await events.start();
      reply.header('x-accel-buffering', 'no');
      return reply.type('text/event-stream; charset=utf-8').send(events.stream);
    },
  );
}

/** A slow reader gets the newest state when it is ready, not a queue of old ones. */
class LoadEvents {
  readonly stream = new PassThrough();
  readonly #id: string;
  readonly #services: Services;
  readonly #end = (): void => this.#stop();
  #unwatch: () => void = () => undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #waiting: Load | null = null;
  #blocked = false;

  constructor(id: string, services: Services) {
    this.#id = id;
    this.#services = services;
  }

  /** Watches first and reads then, so that no change falls between. */
  async start(): Promise<void> {
    const { ingest, limits, stopping } = this.#services;
    this.stream.once('close', this.#end);
    this.stream.on('drain', () => this.#drained());
    this.#unwatch = ingest.watch((load) => {
      if (load.id === this.#id) this.#tell(load);
    });
    this.#heartbeat = setInterval(() => this.stream.write(': still here\n\n'), limits.heartbeatMs);
    stopping.addEventListener('abort', this.#end, { once: true });
    if (stopping.aborted) this.#stop();
    try {
      this.#tell(await ingest.load(this.#id));
    } catch (error) {
      this.stream.destroy();
      throw error;
    }
  }

  #tell(load: Load): void {
    if (this.stream.writableEnded) return;
    if (this.#blocked) {
      this.#waiting = load;
      return;
    }
    this.#blocked = !this.stream.write(`event: load\ndata: ${JSON.stringify(load)}\n\n`);
    if (load.state !== 'receiving') this.#stop();
  }

  #drained(): void {
    const waiting = this.#waiting;
    this.#blocked = false;
    this.#waiting = null;
    if (waiting !== null) this.#tell(waiting);
  }

  #stop(): void {
    clearInterval(this.#heartbeat);
    this.#unwatch();
    this.#services.stopping.removeEventListener('abort', this.#end);
    this.stream.end();
  }
}
