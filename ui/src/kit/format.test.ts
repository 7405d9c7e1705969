import { expect, it } from 'vitest';
import { formatAge, formatBytes, formatPercent, formatTime, formatValue } from './format';

it('bytes get the largest unit that leaves a whole part', () => {
  expect([0, 1023, 1024, 1536, 150 * 1024, 3 * 2 ** 30].map(formatBytes)).toEqual(['0 B', '1023 B', '1.0 KiB', '1.5 KiB', '150 KiB', '3.0 GiB']);
  expect(formatBytes(undefined)).toBe('–');
});

it('a small share is not rounded to nothing, nor a large one to everything', () => {
  expect([formatPercent(1, 1000), formatPercent(999, 1000), formatPercent(0, 10), formatPercent(10, 10), formatPercent(1, 0)]).toEqual(['<1 %', '>99 %', '0 %', '100 %', '–']);
});

it('an age has one unit, and a time that lies ahead is now', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  expect(formatAge('2026-11-22T11:59:58Z', now)).toBe('now');
  expect(formatAge('2026-11-22T11:59:20Z', now)).toBe('40s ago');
  expect(formatAge('2026-11-22T09:30:00Z', now)).toBe('2h ago');
  expect(formatAge('2026-11-20T09:30:00Z', now)).toBe('2d ago');
  expect(formatAge('2026-11-22T12:00:30Z', now)).toBe('now');
  expect(formatAge(null, now)).toBe('–');
});

it('a time is told in UTC', () => {
  expect(formatTime('2026-11-22T12:00:00.123Z')).toBe('2026-11-22 12:00:00 UTC');
  expect(formatTime(undefined)).toBe('unknown time');
});

it('a value of a diff fits one line', () => {
  expect([formatValue('a'), formatValue(['a', 1]), formatValue(null)]).toEqual(['a', '["a",1]', '']);
});
