import type { Flow } from '../api/types';
import { reasonOf } from './catalogue';

/** What becomes of connections now, in a few words; under an observing policy also what would become of them. */
export function treatment({ verdict, would }: Pick<Flow, 'verdict' | 'would'>): string {
  const now = words(verdict);
  if (would == null) return now;
  return `${now}; ${would === 'accelerated' ? 'would be accelerated' : would === 'undecided' ? 'nothing known yet' : `would stay on TCP: ${reasonOf(would).title}`}`;
}

function words(verdict: string): string {
  switch (verdict) {
    case 'accelerated':
      return 'Accelerated';
    case 'undecided':
      return 'Not decided yet';
    case 'unmatched':
      return 'No policy matches';
    default:
      return reasonOf(verdict).title;
  }
}
