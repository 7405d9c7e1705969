/** Numbers and times as operators read them. */

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'narrow' });

export function formatCount(value: number | undefined): string {
  return value === undefined ? '–' : count.format(value);
}

export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

export function formatPercent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const percent = (100 * part) / whole;
  if (part > 0 && percent < 1) return '<1 %';
  if (part < whole && percent > 99) return '>99 %';
  return `${Math.round(percent)} %`;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 365],
];

export function formatAge(time: string | null | undefined, now: number): string {
  const then = time == null ? Number.NaN : Date.parse(time);
  if (Number.isNaN(then)) return '–';
  let amount = Math.max(0, (now - then) / 1000);
  if (amount < 5) return 'now';
  for (const [unit, size] of STEPS) {
    if (amount < size) return relative.format(-Math.floor(amount), unit);
    amount /= size;
  }
  return relative.format(-Math.floor(amount), 'year');
}

export function formatTime(time: string | null | undefined): string {
  if (time == null || Number.isNaN(Date.parse(time))) return 'unknown time';
  return new Date(time).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC').replace(/Z$/, ' UTC');
}

/** A value of a diff on one line: text as it is, everything else as JSON. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
