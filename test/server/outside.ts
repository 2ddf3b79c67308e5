import { networkInterfaces } from 'node:os';

/** An address of this machine that is not loopback's; loopback where it has none. */
export const outside =
  Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address ?? '127.0.0.1';
