/** One RFC 4180 record with its record end. Fields are quoted only where they must be. */
export function csvRecord(fields: readonly (string | number | null)[], recordEnd = '\r\n'): string {
  return fields.map(csvField).join(',') + recordEnd;
}

/** Null is an empty field; the empty string is a quoted empty one. */
function csvField(field: string | number | null): string {
  if (field === null) return '';
  if (typeof field === 'number') return String(field);
  return field === '' || /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/**
 * OWASP "CSV injection": a spreadsheet runs a cell that starts with one of these (the full-width forms are folded
 * to the plain ones by some), so an apostrophe goes before it.
 */
const FORMULA = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/u;
const PLAIN_NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The text made safe to open in a spreadsheet; plain numbers such as -5 stay as they are. */
export function formulaSafe(text: string): string {
  return FORMULA.test(text) && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
}
