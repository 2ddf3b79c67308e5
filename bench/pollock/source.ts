/** A file that the polluted ones are made of: of the shape that Pollock's source has, with goods of our own. */

/** A cell and whether it stands in quotes. */
export interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

export const COLUMNS = [
  'DATE',
  'TIME',
  'Qty',
  'ITEMID',
  'Cost',
  'GoodsKind',
  'GoodsDetails',
  'LINK',
  'Remarks',
];
/** The header is one of them. */
export const ROWS = 84;

const FOR = ["Baker's ", "Children's ", '', '', "Cooks' ", '', "Girls' and Boys' ", ''];
const MADE_OF = [
  'Oak ',
  'Copper ',
  'Heavy-Duty ',
  '',
  'Ash ',
  'Hand-Turned ',
  'Cast-Iron ',
  '',
  'Linen/Cotton ',
  'Blue  ',
  '3-in-1 ',
];
const THINGS = [
  'Apron',
  'Board',
  'Kettle',
  'Bread Tin',
  'Spoon Set',
  'Sieve',
  'Rolling Pin',
  'Cake Ring',
  'Tea Towel',
  'Jam Funnel',
  'Tweezers',
  'Colander',
  'Tray',
];
const VARIANTS = [
  '',
  ', Large',
  '',
  ' with Lid',
  ', 12" Long',
  '',
  ', Two-Pack',
  '',
  ', Wide Neck',
  ' No 7',
  ', 8"',
  '',
  ' 0.5 l.',
];
const OPENINGS = [
  'Turned by hand from a single piece of wood',
  'A quiet classic for every kitchen, at home or in the café round the corner',
  "Made for cooks who don't like to wait",
  'Heavy enough to stay where it is, light enough to lift with one hand',
  'Spun from sheet metal 2 mm thick, then tinned inside',
  'The lid fits so well that no steam is lost: soups keep warm for hours',
];
const MIDDLES = [
  'with edges that are rounded, oiled and easy to clean',
  "and it won't warp, crack or stain",
  'the way our grandparents used it every day',
  'tested for 500 washes at 60 degrees',
  'with a 9" handle that stays cool',
  'sized for 2-3 loaves, rolls or a tall cake',
];
const ENDINGS = [
  'Comes with a cotton bag.',
  'Not for the dishwasher, please.',
  'One for the shelf, one for a friend.',
  'Guaranteed for ten years.',
  "You'll wonder how you did without.",
];

/** The header, then the goods: always the same. */
export function sourceRows(): Cell[][] {
  const header = COLUMNS.map((text, column) => ({ text, quoted: column === 6 || column === 7 }));
  return [header, ...Array.from({ length: ROWS - 1 }, (_, row) => goods(row))];
}

function goods(row: number): Cell[] {
  const day = `${two(13 + (row % 16))}/${two(1 + Math.floor(row / 16))}/2019`;
  const time = `${two(Math.floor(row / 4) % 24)}:${two((row % 4) * 15)}`;
  const code = `${'QRSTUVWX'[row % 8]}${'ACEGHKMP'[(row * 5) % 8]}-${1000 + ((row * 7919) % 9000)}`;
  const kind =
    pick(FOR, row) + pick(MADE_OF, row) + pick(THINGS, row) + pick(VARIANTS, row + Math.floor(row / 13));
  const details = `${pick(OPENINGS, row)}, ${pick(MIDDLES, row + Math.floor(row / 6))}. ${pick(ENDINGS, row)}`;
  const cells = [
    day,
    time,
    String(row % 7 === 0 ? 10 + (row % 25) : row % 4),
    code,
    price(row),
    kind,
    row === 20 ? details.replace('.', `, 7\\'6" when open.`) : details,
    `https://shop.example.org/goods/${code.replace('-', '_')}.html`,
    '',
  ];
  return cells.map((text, column) => ({
    text,
    quoted: column === 6 || column === 7 || /[,"]/.test(text),
  }));
}

function price(row: number): string {
  const cents = 90 + ((row * 6367) % 9000);
  if (row === 48) return `$${Math.floor(cents / 100)}`;
  if (row % 13 === 9) return `$${Math.floor(cents / 100)}.${cents % 10}`;
  return `$${(cents / 100).toFixed(2)}`;
}

function pick(words: readonly string[], at: number): string {
  return words[at % words.length] ?? '';
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
