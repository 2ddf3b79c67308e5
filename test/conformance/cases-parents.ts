import type { Case } from './cases.ts';

const ORDERS = "INSERT INTO orders VALUES (1, 'one'), (2, 'two')";

/** Foreign keys: no row stays without its parent, whichever way they are held. */
export const PARENT_CASES: readonly Case[] = [
  {
    name: 'orphans are named, each with its key, in the order of the file',
    table: 'order_lines',
    before: ORDERS,
    csv: '9,1,a\n1,1,b\n8,1,c\n2,1,d\n9,2,e\n',
    counts: '5 = 2 + 0 + 0 + 3',
    rejects: ['1 foreign_key order_id 9', '3 foreign_key order_id 8', '5 foreign_key order_id 9'],
    messages: [
      'order_id is "9"; there is no such row in orders(id)',
      'order_id is "8"; there is no such row in orders(id)',
      'order_id is "9"; there is no such row in orders(id)',
    ],
    rows: [
      [1, 1, 'b'],
      [2, 1, 'd'],
    ],
  },
  {
    name: 'orphans and repeated keys in one file',
    table: 'order_lines',
    before: `${ORDERS}; INSERT INTO order_lines VALUES (1, 1, 'old')`,
    csv: '1,1,a\n9,1,b\n2,1,c\n2,1,d\n',
    counts: '4 = 1 + 0 + 0 + 3',
    rejects: ['1 unique.table null 1,1', '2 foreign_key order_id 9', '4 unique.file null 2,1'],
    rows: [
      [1, 1, 'old'],
      [2, 1, 'c'],
    ],
  },
  {
    name: 'foreign keys of several columns; with a NULL part there is none',
    table: 'shipments',
    before: `${ORDERS}; INSERT INTO order_lines VALUES (1, 1, 'a'), (1, 2, 'b')`,
    csv: '1,1,1\n2,1,3\n3,,7\n4,9,\n5,,\n6,1,2\n',
    counts: '6 = 5 + 0 + 0 + 1',
    rejects: ['2 foreign_key null 1,3'],
    messages: ['order_id, line_no is "1,3"; there is no such row in order_lines(order_id, line_no)'],
    rows: [
      [1, 1, 1],
      [3, null, 7],
      [4, 9, null],
      [5, null, null],
      [6, 1, 2],
    ],
  },
  {
    name: 'orphans in mode skip and in mode upsert',
    table: 'order_lines',
    before: `${ORDERS}; INSERT INTO order_lines VALUES (1, 1, 'old')`,
    mode: 'upsert',
    csv: '1,1,new\n9,1,b\n2,1,c\n',
    counts: '3 = 1 + 1 + 0 + 1',
    rejects: ['2 foreign_key order_id 9'],
    rows: [
      [1, 1, 'new'],
      [2, 1, 'c'],
    ],
  },
  {
    name: 'orphans in mode skip',
    table: 'order_lines',
    before: `${ORDERS}; INSERT INTO order_lines VALUES (1, 1, 'old')`,
    mode: 'skip',
    csv: '1,1,new\n9,1,b\n2,1,c\n',
    counts: '3 = 1 + 0 + 1 + 1',
    rejects: ['2 foreign_key order_id 9'],
    rows: [
      [1, 1, 'old'],
      [2, 1, 'c'],
    ],
  },
  {
    name: 'a row may refer to another of the same file, also a later one, and to itself',
    table: 'staff',
    csv: '3,2\n2,1\n1,\n4,4\n',
    counts: '4 = 4 + 0 + 0 + 0',
    rows: [
      [1, null],
      [2, 1],
      [3, 2],
      [4, 4],
    ],
  },
  {
    name: 'an orphan takes those that refer to it with it',
    table: 'staff',
    csv: '1,\n2,9\n3,2\n4,3\n5,1\n',
    counts: '5 = 2 + 0 + 0 + 3',
    rejects: ['2 foreign_key boss 9', '3 foreign_key boss 2', '4 foreign_key boss 3'],
    rows: [
      [1, null],
      [5, 1],
    ],
  },
  {
    name: 'a parent that is refused for another reason takes its children with it',
    table: 'staff',
    csv: 'x,\n2,\n3,2\nnone,2\n5,4\n',
    counts: '5 = 2 + 0 + 0 + 3',
    rejects: ['1 type.integer id x', '4 type.integer id none', '5 foreign_key boss 4'],
    rows: [
      [2, null],
      [3, 2],
    ],
  },
];
