/** Longer texts are prose: how they are built says nothing of their column. */
const MAX_SHAPE = 40;
export const PROSE = '…';

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
function charClass(text: string, at: number): string {
  return CLASSES[text.charCodeAt(at)] ?? 'a';
}

const CLASSES: readonly string[] = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return character.replace(/[0-9]/, '9').replace(/[A-Z]/, 'A').replace(/[a-z]/, 'a');
});
