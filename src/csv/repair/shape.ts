/** Longer texts are prose: how they are built says nothing of their column. */
const MAX_SHAPE = 40;
const PROSE = '…';

const ZERO = 48;
const NINE = 57;

/** The text with 9 for each digit, A for each capital and a for each other letter: 28/01/2018 is 99/99/9999. */
export function shapeOf(text: string): string {
  let shape = '';
  for (let i = 0; i < text.length; i++) shape += charClass(text, i);
  return shape;
}

/** Runs of a shape as one: 9/9/9. Long texts have one outline between them. */
export function outlineOf(shape: string): string {
  return shape.length > MAX_SHAPE ? PROSE : shape.replace(/(9|A|a)\1+/g, '$1');
}

/** 9, A, a, or the character itself. */
export function charClass(text: string, at: number): string {
  const code = text.charCodeAt(at);
  if (code >= ZERO && code <= NINE) return '9';
  if (code >= 65 && code <= 90) return 'A';
  if ((code >= 97 && code <= 122) || code >= 0x80) return 'a';
  return text[at] ?? '';
}
