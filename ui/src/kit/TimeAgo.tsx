import { useEffect, useState } from 'react';
import { formatAge, formatTime } from './format';

const TICK_MILLIS = 1_000;
const listeners = new Set<(now: number) => void>();
let ticker: ReturnType<typeof setInterval> | undefined;

/** One timer for every age on the page. */
function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    listeners.add(setNow);
    ticker ??= setInterval(() => {
      const tick = Date.now();
      for (const listener of listeners) listener(tick);
    }, TICK_MILLIS);
    return () => {
      listeners.delete(setNow);
      if (listeners.size === 0) {
        clearInterval(ticker);
        ticker = undefined;
      }
    };
  }, []);
  return now;
}

export function TimeAgo({ time }: { time: string | null | undefined }) {
  const now = useNow();
  return <time dateTime={time ?? undefined} title={formatTime(time)}>{formatAge(time, now)}</time>;
}
