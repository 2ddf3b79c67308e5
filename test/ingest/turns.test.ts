import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RowferryError } from '../../src/errors.ts';
import { type Place, Turns } from '../../src/ingest/turns.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';

const LOAD = 'L';
const FOUND = { columns: ['id'], dialect: DEFAULT_DIALECT };

/** A part in the line of a load that stands at 0, until `end` is called. */
async function enter(turns: Turns, offset: number, end: number, position = async () => 0) {
  const entered = Promise.withResolvers<Place>();
  const ended = Promise.withResolvers<void>();
  const taken = turns.take(LOAD, { offset, end }, position, async (place) => {
    entered.resolve(place);
    await ended.promise;
    return { result: null, position: end };
  });
  taken.catch(entered.reject);
  const place = await entered.promise;
  return { place, taken, end: () => ended.resolve() };
}

/** Whether a promise is settled a moment later. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), sleep(20, false)]);
}

test('a part goes ahead behind the one right before it, not behind an earlier one', async () => {
  const turns = new Turns();
  const first = await enter(turns, 0, 10);
  const third = await enter(turns, 20, 30);
  assert.equal(await first.place.handOver(true), null);
  const handedOver = third.place.handOver(true);
  assert.equal(await isSettled(handedOver), false, 'the second one is still on its way');
  const second = await enter(turns, 10, 20);
  assert.equal(await second.place.handOver(true), 0);
  assert.equal(await handedOver, 10);
  for (const part of [first, second, third]) part.end();
  await Promise.all([first.taken, second.taken, third.taken]);
});

test('what the first part has found is told before it is written', async () => {
  const turns = new Turns();
  const first = await enter(turns, 0, 10);
  const second = await enter(turns, 10, 20);
  const found = second.place.found();
  assert.equal(await isSettled(found), false);
  first.place.tell(FOUND);
  assert.equal(await found, FOUND);
  const turn = second.place.turn();
  assert.equal(await isSettled(turn), false, 'its turn has not come');
  first.end();
  await turn;
});

test('a part whose turn comes before anything is found is told so', async () => {
  const turns = new Turns();
  const first = await enter(turns, 0, 10);
  const second = await enter(turns, 10, 20);
  first.end();
  assert.equal(await second.place.found(), null);
});

test('a part that waits for one that will not come learns at once that the load has ended', async () => {
  const turns = new Turns();
  let stopped = false;
  const position = async (): Promise<number> => {
    if (stopped) throw new RowferryError('load-finished', 'it was stopped');
    return 0;
  };
  const second = await enter(turns, 10, 20, position);
  const turn = second.place.turn();
  assert.equal(await isSettled(turn), false);
  stopped = true;
  await assert.rejects(turn, { code: 'load-finished' });
});

test('what waits is given up: a part behind another one, and one whose predecessor has not come', {
  timeout: 20_000,
}, async () => {
  const turns = new Turns();
  const refusal = new RowferryError('shutting-down', 'it stops');
  const first = await enter(turns, 0, 10);
  const second = await enter(turns, 10, 20);
  const fourth = await enter(turns, 30, 40);
  const waiting = [second.place.found(), second.place.turn(), fourth.place.handOver(true)];
  const refused = waiting.map((each) => assert.rejects(each, refusal));
  assert.equal(await isSettled(Promise.any(waiting)), false);
  turns.giveUp(refusal);
  await Promise.all(refused);
  assert.equal(await first.place.handOver(true), null, 'it is its turn');
  await assert.rejects(fourth.place.turn(), refusal);
  for (const part of [first, second, fourth]) part.end();
  await Promise.all([first.taken, second.taken, fourth.taken]);
});
