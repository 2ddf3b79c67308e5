/**
 * For `node --import`: what the process waits for half a minute or so comes ten times sooner. It stands in for time
 * alone; `npm run faults` waits for as long as the program does.
 */
const LONG_MS = 20_000;
const FASTER = 10;

globalThis.setTimeout = new Proxy(globalThis.setTimeout, {
  apply: (target, self, [act, ms, ...given]) =>
    Reflect.apply(target, self, [act, Number(ms) >= LONG_MS ? Number(ms) / FASTER : ms, ...given]),
});
