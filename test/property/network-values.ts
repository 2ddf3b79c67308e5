import type { Random } from './random.ts';
import { spaced, type Values } from './values.ts';

const EDGES = [
  ...spaced('0.0.0.0 255.255.255.255 256.1.1.1 1.2.3 1.2.3.4.5 010.1.1.1 1.2.3.4/0 1.2.3.4/32'),
  ...spaced('1.2.3.4/33 1.2.3.4/ 10.0.0.0/8 10.0.0.1/8 10 10.1 10/8 :: ::1 ::/0 ::1/128 ::1/129'),
  ...spaced('fe80::1%eth0 ::ffff:1.2.3.4 1::2::3 2001:DB8::1 2001:db8:0:0:0:0:0:1'),
  ...spaced('2001:0db8:0000::0001 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7 g::1 [::1]'),
  ...['1.2.3.4 ', ' ::1'],
];

const version4 = (random: Random): string => Array.from({ length: 4 }, () => random.below(256)).join('.');
/** Of version 6 with :: for some groups of 0, or the last two as octets, or both. */
function shortened(random: Random): string {
  const written = groups(random).slice(0, random.below(8));
  const gap = random.below(written.length + 1);
  const after = written.slice(gap);
  if (written.length < 6 && random.oneIn(3)) after.push(version4(random));
  const text = `${written.slice(0, gap).join(':')}::${after.join(':')}`;
  return random.oneIn(3) ? text.toUpperCase() : text;
}

const version6 = (random: Random): string => (random.oneIn(2) ? shortened(random) : groups(random).join(':'));

const groups = (random: Random): string[] =>
  Array.from({ length: 8 }, () => (random.oneIn(3) ? 0 : random.below(65_536)).toString(16));

export const inets: Values = {
  valid: (random) => {
    if (random.oneIn(2)) return version4(random) + (random.oneIn(2) ? `/${random.between(0, 32)}` : '');
    return version6(random) + (random.oneIn(2) ? `/${random.between(0, 128)}` : '');
  },
  edges: EDGES,
};

/** Version 6 without a prefix. */
export const addresses: Values = { valid: (random) => groups(random).join(':'), edges: EDGES };

export const hardwareAddresses: Values = {
  valid: (random) =>
    Array.from({ length: 6 }, () => random.below(256).toString(16).padStart(2, '0')).join(':'),
  edges: spaced(
    '08-00-2b-01-02-03 08002b:010203 0800.2b01.0203 08002b010203 08:00:2b:01:02 FF:ff:Ff:00:00:00 8:0:2b:1:2:3',
  ),
};

/** Without bits behind the mask. */
export const cidrs: Values = {
  valid: (random) => {
    if (random.oneIn(2)) return `${random.below(256)}.${random.below(256)}.0.0/${random.between(16, 32)}`;
    return `${groups(random).slice(0, 4).join(':')}:0:0:0:0/${random.between(64, 128)}`;
  },
  edges: EDGES,
};
