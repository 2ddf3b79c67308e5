/** Names are compared without case, and with spaces, dashes and underscores alike. */
export function foldName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
}
