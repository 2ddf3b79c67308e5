import { type AddressInfo, isIPv6 } from 'node:net';

/** The address of a listening server, and how others call it. */

export function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

/** Where a server can be called. An address that stands for all of this machine's cannot be: loopback is shown. */
export function urlOf(scheme: 'http' | 'https', host: string, port: number): string {
  const callable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${scheme}://${isIPv6(callable) ? `[${callable}]` : callable}:${port}`;
}

/** Whether only this machine can call the URL. */
export function isLocalUrl(url: string): boolean {
  return /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])(:|$)/.test(url);
}
