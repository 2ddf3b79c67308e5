import { Type } from 'typebox';
import { writableLoad } from '../access.ts';
import type { BodyRule } from '../body-rules.ts';
import { PART_CSV } from '../examples.ts';
import { bytesOf, sendJson } from '../row-answers.ts';
import type { App, Services } from '../services.ts';
import { Flag, IdParams, Offset } from './parameters.ts';

/** Not hashed: a part is known by its load and offset, and its receipt is kept with its rows. */
const PART_BODY: BodyRule = { types: { 'text/csv': 'bytes' }, required: false, hashed: false };

const PartQuery = Type.Object({ offset: Offset, last: Type.Optional(Flag) }, { additionalProperties: false });

export function addLoadPartRoute(app: App, services: Services): void {
  app.patch(
    '/v1/loads/:id',
    {
      schema: { params: IdParams, querystring: PartQuery },
      onRequest: async (request) => {
        await writableLoad(request, services, request.params.id);
      },
      config: {
        body: PART_BODY,
        docs: {
          id: 'sendPart',
          tag: 'loads',
          summary: 'The next part of a file',
          description:
            'At most 16 MiB. A part starts at a record and may end anywhere: the whole records in it are one transaction, and the answer tells the offset to go on from. ?last=true ends the file. A part that was committed before gives its receipt again.',
          request: { 'text/csv': { schema: Type.String(), example: PART_CSV } },
          response: {
            status: 200,
            description: 'The load after this part, and its rejects',
            document: 'PartReceipt',
          },
        },
      },
    },
    async (request, reply) => {
      const { offset, last } = request.query;
      const bytes = request.body === undefined ? new Uint8Array() : bytesOf(request.body);
      const part = { offset: Number(offset), bytes, last: last === 'true' };
      const receipt = await services.ingest.part(request.params.id, part);
      services.metrics.countRows(receipt.part);
      // Committed it is already: without its rejects the answer is small, and they are asked for later.
      return sendJson(reply, services.memory.full ? { ...receipt, rejects: [] } : receipt);
    },
  );
}
