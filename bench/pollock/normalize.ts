/**
 * A cell as Pollock compares it in headers and records: by its value, where it is one of a number, date, time or
 * price. The forms that the source has are read; all else is compared without regard to case.
 */
export function normalized(cell: string): string {
  const text = cell.trim();
  if (/^[+-]?\d+$/.test(text)) return String(BigInt(text));
  if (/^[+-]?(\d+\.\d*|\.\d+)$/.test(text)) return `float ${Number(text)}`;
  const date = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (date) return `date ${date[3]}-${date[2]}-${date[1]}`;
  if (/^\d{1,2}:\d{2}$/.test(text)) return `time ${text}:00`;
  const price = /^\$(\d+(?:\.\d+)?)$/.exec(text);
  if (price) return `price ${Number(price[1])}`;
  return cell.toLowerCase();
}
