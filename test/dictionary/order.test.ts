import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderByParents } from '../../src/dictionary/order.ts';
import type { Table } from '../../src/model/table.ts';

function table(name: string, ...parents: string[]): Table {
  return {
    name,
    columns: [],
    primaryKey: ['id'],
    uniqueKeys: [],
    checks: [],
    triggers: [],
    foreignKeys: parents.map((parentTable) => ({
      name: `${name}_${parentTable}`,
      columns: [`${parentTable}_id`],
      parentTable,
      parentColumns: ['id'],
      onDelete: 'NO ACTION',
      onUpdate: 'NO ACTION',
    })),
  };
}

const HR = [table('hired_employees', 'departments', 'jobs'), table('jobs'), table('departments')];

test('parents come before their children', () => {
  assert.deepEqual(orderByParents(HR, ['hired_employees', 'jobs', 'departments']), [
    'departments',
    'jobs',
    'hired_employees',
  ]);
});

test('a table between two that was not named still counts', () => {
  const tables = [table('a', 'b'), table('b', 'c'), table('c')];
  assert.deepEqual(orderByParents(tables, ['a', 'c']), ['c', 'a']);
});

test('a key onto its own table changes nothing', () => {
  assert.deepEqual(orderByParents([table('staff', 'staff'), table('area')], ['staff', 'area']), [
    'area',
    'staff',
  ]);
});

test('the members of a cycle keep the order of their names, outside it parents and children keep theirs', () => {
  const tables = [table('y', 'x'), table('x', 'y', 'zz_parent'), table('zz_parent'), table('a_child', 'y')];
  assert.deepEqual(orderByParents(tables, ['y', 'x', 'zz_parent', 'a_child']), [
    'zz_parent',
    'x',
    'y',
    'a_child',
  ]);
});

test('names without a table come last, names named twice once', () => {
  assert.deepEqual(orderByParents(HR, ['nowhere', 'jobs', 'jobs']), ['jobs', 'nowhere']);
});

test('in any graph without cycles no child stands before a parent', () => {
  const graph = fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 4 }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(graph, fc.boolean(), (edges, flip) => {
      // Parents have smaller numbers; flipped, their names sort after those of their children.
      const name = (number: number) => `t${flip ? 7 - number : number}`;
      const tables = edges.map((parents, number) =>
        table(name(number), ...parents.filter((parent) => parent < number).map(name)),
      );
      const ordered = orderByParents(
        tables,
        tables.map((each) => each.name),
      );
      assert.equal(ordered.length, 8);
      for (const each of tables)
        for (const key of each.foreignKeys)
          assert.ok(ordered.indexOf(key.parentTable) < ordered.indexOf(each.name));
    }),
  );
});
