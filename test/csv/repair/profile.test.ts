import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderProfile } from '../../../src/csv/repair/header-profile.ts';
import { ColumnProfile } from '../../../src/csv/repair/profile.ts';
import { outlineOf, shapeOf } from '../../../src/csv/repair/shape.ts';

const plain = (text: string) => ({ text, quoted: false });

test('shapes keep lengths, outlines do not', () => {
  assert.equal(shapeOf('28/01/2018'), '99/99/9999');
  assert.equal(outlineOf(shapeOf('28/01/2018')), '9/9/9');
  assert.equal(outlineOf(shapeOf('Öl No 12')), outlineOf(shapeOf('bl Xo 3')));
  assert.equal(outlineOf('a '.repeat(30)), '…');
});

test('what a column has costs less than what it never had', () => {
  const dates = new ColumnProfile();
  for (let day = 10; day < 29; day++) dates.add(plain(`${day}/01/2021`));
  assert.ok(dates.cost(plain('30/01/2021')) < 1);
  assert.ok(dates.cost(plain('30/01/20210')) > dates.cost(plain('30/01/2021')));
  assert.ok(dates.cost(plain('Tuesday')) > 6.5);
  assert.ok(dates.cost(plain('')) > 6.5, 'what is cut off is not empty');
  assert.ok(dates.cost({ text: '30/01/2021', quoted: true }) > 3);
});

test('a new value in a column of ever new values is nothing special', () => {
  const names = new ColumnProfile();
  for (const name of [
    'Ann Lee',
    'B. Fu',
    'O’Hara',
    'van Dyk, C',
    'Ng',
    'D E F',
    'X-Y',
    'Q. (R)',
    'x1',
    'Zed 2',
  ]) {
    names.add(plain(name));
  }
  assert.ok(names.cost(plain('A/B Cee')) < 6.5);
});

test('a common start is expected', () => {
  const links = new ColumnProfile();
  for (let page = 0; page < 20; page++) links.add(plain(`https://example.org/${page}`));
  assert.ok(links.cost(plain('ftpss://example.org/7')) - links.cost(plain('https://example.org/7')) > 5);
});

test('nothing is known of a column without values, little of a header', () => {
  assert.equal(new ColumnProfile().cost(plain('x')), 0);
  const name = new HeaderProfile(',');
  assert.ok(name.cost(plain('')) > name.cost(plain('a,b')));
  assert.ok(name.cost(plain('a,b')) > name.cost(plain('ab')));
});
