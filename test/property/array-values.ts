import type { Random } from './random.ts';
import { type Spellings, spaced, type Values } from './values.ts';

const EDGES = [
  ...spaced('{} {{}} {NULL} {null} {"NULL"} {""} {,} {1,} {1 1} {1}{2} {{1},{2,3}} {{1},2} [0:0]={1}'),
  ...spaced('[1:2]={1,2} {"1"} [1] (1) {{{{{{1}}}}}}'),
  ...['{ }', '{ 1 , 2 }', '{\\1}', '{"\\""}', '{"a\\\\b"}', '{a b}', "{'1'}"],
];

/** Array literals of such elements (postgresql.org/docs, 8.15.6). */
export function arrays(elements: Values): Values {
  return { valid: (random) => literal(random, elements, random.oneIn(6) ? 2 : 1), edges: EDGES };
}

function literal(random: Random, elements: Values, depth: number): string {
  const count = depth > 1 ? random.between(1, 3) : random.below(5);
  const width = random.between(1, 3);
  const items = Array.from({ length: count }, () =>
    depth > 1 ? row(random, elements, width) : element(random, elements),
  );
  return `{${items.join(',')}}`;
}

/** Literals of one to three dimensions, whose elements are all of these. */
export function arraySpellings(elements: Spellings): Spellings {
  return (random) => {
    if (random.oneIn(10)) return random.pick(['{}', '{ }', '{NULL}', '{null , Null}']);
    const lengths = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => random.between(1, 4));
    return nested(random, elements, lengths);
  };
}

function nested(random: Random, elements: Spellings, [length, ...inner]: readonly number[]): string {
  if (length === undefined) return random.oneIn(10) ? 'NULL' : spelt(random, elements(random));
  const items = Array.from({ length }, () => nested(random, elements, inner));
  return random.oneIn(4) ? `{ ${items.join(' , ')} }` : `{${items.join(random.pick([',', ', ']))}}`;
}

const row = (random: Random, elements: Values, width: number): string =>
  `{${Array.from({ length: width }, () => element(random, elements)).join(',')}}`;

function element(random: Random, elements: Values): string {
  if (random.oneIn(10)) return 'NULL';
  return spelt(random, random.oneIn(400) ? random.pick(elements.edges) : elements.valid(random));
}

function spelt(random: Random, text: string): string {
  const plain = /^[\w.+:-]+$/.test(text) && !/^null$/i.test(text);
  return plain && !random.oneIn(4) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
