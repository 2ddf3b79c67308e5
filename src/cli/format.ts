/** Numbers, sizes and times for people. */

/** 1234567 → 1,234,567. Without Intl, whose tables take longer to load than a small file. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `noun` in the right number, as in "1 reject", "2,000 rejects". */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** In powers of 1,000, as disks are sold. */
export function size(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${UNITS[power]}`;
}

export function seconds(value: number): string {
  if (value < 60) return value < 10 ? value.toFixed(2) : value.toFixed(1);
  const whole = Math.round(value);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** With its unit, which `4:27` needs none of. */
export function lasting(value: number): string {
  return value < 60 ? `${seconds(value)} s` : seconds(value);
}

/** An RFC 3339 time as local time to the second. */
export function moment(time: string): string {
  // The Swedish form is ISO 8601 with a space.
  return new Date(time).toLocaleString('sv-SE');
}
