import { isIPv4, isIPv6 } from 'node:net';
import { ASK, kept, type Meanings } from './meaning.ts';

/** Addresses with the length of their prefix; spellings that are not the usual ones are left to the database. */
export const inet: Meanings = (text) => {
  const [address = '', prefix, more] = text.split('/');
  const bits = isIPv4(address) ? 32 : 128;
  const groups = groupsOf(address);
  if (groups === null || more !== undefined || !/^(?:0|[1-9]\d{0,2})?$/.test(prefix ?? '') || prefix === '')
    return ASK;
  return Number(prefix ?? bits) > bits ? ASK : kept(`${groups.join(':')}/${prefix ?? bits}`);
};

export const hardwareAddress: Meanings = (text) =>
  /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i.test(text) ? kept(text.toLowerCase()) : ASK;

/** The same, where nothing stands behind the prefix. */
export const cidr: Meanings = (text) => {
  const meaning = inet(text);
  if (meaning.is !== 'kept') return meaning;
  const [address = '', prefix = '0'] = meaning.canonical.split('/');
  const isShort = address.split(':').length === 4;
  const size = isShort ? 8 : 16;
  const binary = address
    .split(':')
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(size, '0'));
  return binary.join('').slice(Number(prefix)).includes('1') ? ASK : meaning;
};

/** Four bytes or eight groups, in hexadecimal digits. */
function groupsOf(address: string): string[] | null {
  if (isIPv4(address)) return address.split('.').map((part) => Number(part).toString(16));
  if (!isIPv6(address) || address.includes('%')) return null;
  const [left = '', right] = withoutDots(address).split('::');
  const before = left === '' ? [] : left.split(':');
  const after = right === undefined || right === '' ? [] : right.split(':');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16));
}

/** ::ffff:1.2.3.4 → ::ffff:102:304 */
const withoutDots = (address: string): string =>
  address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => `${hex(a, b)}:${hex(c, d)}`);

const hex = (high: string, low: string): string => (Number(high) * 256 + Number(low)).toString(16);
