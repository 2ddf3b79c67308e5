import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded } from '../fixture.ts';
import type { OpenHome, ServerHome } from './home.ts';

/** Tables that point at each other: what a restore leaves as it is, and what it refuses. The same on every server. */
export interface Tested {
  /** Who the backups run as, for the names of the tests. */
  readonly who: string;
  readonly open: OpenHome;
  contentOf(home: ServerHome, table: string): Promise<unknown[]>;
  /** Of ON DELETE and ON UPDATE. */
  readonly actions: readonly string[];
  /** What a restore refuses with when it would take the parents of rows away. */
  vanishing(action: string): string;
}

const HIRES = `
  CREATE TABLE departments (id integer PRIMARY KEY, name varchar(40) NOT NULL UNIQUE);
  CREATE TABLE hires (id integer PRIMARY KEY, name varchar(40), department_id integer, FOREIGN KEY (department_id) REFERENCES departments (id));
  INSERT INTO departments VALUES (1, 'Sales'), (2, 'Support'), (3, 'Legal');
  INSERT INTO hires VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Eve', NULL);`;

export function runReferences(tested: Tested): void {
  const { who, open, contentOf, actions } = tested;

  for (const action of actions) {
    test(`${who}: parents with ON DELETE and ON UPDATE ${action}: the children stay as they are`, async (t) => {
      const rules = `ON DELETE ${action} ON UPDATE ${action}`;
      const home = await open(
        t,
        `CREATE TABLE parents (id integer PRIMARY KEY, name varchar(40) UNIQUE, note varchar(40));
         CREATE TABLE children (id integer PRIMARY KEY, parent integer, name varchar(40),
           FOREIGN KEY (parent) REFERENCES parents (id) ${rules}, FOREIGN KEY (name) REFERENCES parents (name) ${rules});
         INSERT INTO parents VALUES (1, 'a', 'x'), (2, 'b', NULL), (3, 'c', 'z');
         INSERT INTO children VALUES (1, 1, 'a'), (2, 2, NULL), (3, NULL, 'b'), (4, 2, 'b');`,
      );
      const before = [await contentOf(home, 'parents'), await contentOf(home, 'children')];
      const { id } = await home.backUp('parents');
      await home.run(
        `UPDATE parents SET name = 'x' WHERE id = 3; UPDATE parents SET note = 'changed' WHERE id = 1; INSERT INTO parents VALUES (4, 'd', NULL)`,
      );
      const result = await home.restore('parents', id);
      assert.deepEqual([result.rows, result.replaced], [3, 4]);
      assert.deepEqual([await contentOf(home, 'parents'), await contentOf(home, 'children')], before);
    });

    test(`${who}: children of a parent that is not in the backup, with ON DELETE ${action}: refused, nothing changed`, async (t) => {
      const home = await open(
        t,
        `${HIRES} CREATE TABLE desks (id integer PRIMARY KEY, department_id integer, FOREIGN KEY (department_id) REFERENCES departments (id) ON DELETE ${action});`,
      );
      const { id } = await home.backUp('departments');
      await home.run(
        `INSERT INTO departments VALUES (7, 'New'); INSERT INTO desks VALUES (4, 7), (5, 7), (6, 1)`,
      );
      const before = [await contentOf(home, 'departments'), await contentOf(home, 'desks')];
      const says = ['2 rows of desks', 'department_id = 7', 'departments (id)', 'Nothing was changed.'];
      await assert.rejects(home.restore('departments', id), coded(tested.vanishing(action), ...says));
      assert.deepEqual([await contentOf(home, 'departments'), await contentOf(home, 'desks')], before);
    });

    test(`${who}: a table that points at itself with ON DELETE ${action} comes back, circles and all`, async (t) => {
      const home = await open(
        t,
        `CREATE TABLE staff (id integer PRIMARY KEY, boss integer, FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE ${action});
         INSERT INTO staff VALUES (1, NULL), (2, 1), (3, 2), (4, 4), (5, NULL); UPDATE staff SET boss = 3 WHERE id = 1;`,
      );
      const before = await contentOf(home, 'staff');
      const { id } = await home.backUp('staff');
      await home.run('UPDATE staff SET boss = NULL; DELETE FROM staff WHERE id > 2');
      await home.restore('staff', id);
      assert.deepEqual(await contentOf(home, 'staff'), before);
    });
  }

  test(`${who}: rows of the backup whose parents are gone: refused, nothing changed`, async (t) => {
    const home = await open(t, `${HIRES} INSERT INTO hires VALUES (4, 'Zoe', 2);`);
    const { id } = await home.backUp('hires');
    await home.run('UPDATE hires SET department_id = NULL; DELETE FROM departments WHERE id = 2');
    const before = await contentOf(home, 'hires');
    const says = ['2 rows of hires would be without a parent', 'department_id = 2', 'Nothing was changed.'];
    await assert.rejects(home.restore('hires', id), coded('restore-orphans', ...says));
    assert.deepEqual(await contentOf(home, 'hires'), before);
  });

  test(`${who}: unique values that changed places come back`, async (t) => {
    const home = await open(t, HIRES);
    const before = [await contentOf(home, 'departments'), await contentOf(home, 'hires')];
    const { id } = await home.backUp('departments');
    await home.run(`UPDATE departments SET name = 'x' WHERE id = 1; UPDATE departments SET name = 'Sales' WHERE id = 2;
      UPDATE departments SET name = 'Support' WHERE id = 1`);
    await home.restore('departments', id);
    assert.deepEqual([await contentOf(home, 'departments'), await contentOf(home, 'hires')], before);
  });

  test(`${who}: a dry run says what would be done, and does nothing`, async (t) => {
    const home = await open(t, HIRES);
    const { id } = await home.backUp('hires');
    await home.run("UPDATE hires SET name = 'x'");
    const before = await contentOf(home, 'hires');
    const result = await home.restore('hires', id, true);
    assert.deepEqual([result.rows, result.replaced, result.dryRun, result.safetyBackup], [3, 3, true, null]);
    assert.deepEqual(await contentOf(home, 'hires'), before);
  });

  test(`${who}: what was there is backed up before it is replaced`, async (t) => {
    const home = await open(t, HIRES);
    const { id } = await home.backUp('hires');
    await home.run("UPDATE hires SET name = 'later'");
    const later = await contentOf(home, 'hires');
    const { safetyBackup } = await home.restore('hires', id);
    assert.ok(safetyBackup !== null);
    await home.restore('hires', safetyBackup);
    assert.deepEqual(await contentOf(home, 'hires'), later);
  });
}
