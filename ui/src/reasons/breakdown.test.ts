import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ranked, sumReasons } from './breakdown';
import { reasonOf, REASONS } from './catalogue';

/** The words of the datapath, in lower case as it reports them. */
function closedSet(): string[] {
  const abi = readFileSync('../bpf/include/shunt_abi.h', 'utf8');
  const verdicts = /enum shunt_verdict \{(.*?)\};/s.exec(abi)![1]!;
  const noReasons = new Set(['undecided', 'accelerated', 'verdicts']);
  return [...verdicts.matchAll(/^\tSHUNT_([A-Z_]+) = \d+/gm)].map(([, word]) => word!.toLowerCase()).filter((word) => !noReasons.has(word));
}

describe('the catalogue of reasons', () => {
  it('explains the whole closed set, each once', () => {
    expect(REASONS.map(({ id }) => id).sort()).toEqual(closedSet().sort());
  });

  it('says in whole sentences what a reason means and what to do', () => {
    for (const { meaning, advice } of REASONS) {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('shows a reason it does not know under its own name', () => {
    expect(reasonOf('new_in_next_version').title).toBe('new_in_next_version');
  });
});

describe('a breakdown', () => {
  it('puts the most frequent reason first and leaves out those that did not occur', () => {
    const rows = ranked({ ulp: 0, no_policy: 3, remote_peer: 9, mptcp: 3 });
    expect(rows.map(({ reason, connections }) => [reason.id, connections])).toEqual([['remote_peer', 9], ['mptcp', 3], ['no_policy', 3]]);
  });

  it('adds up nodes that saw different reasons', () => {
    expect(sumReasons([{ ulp: 1, mptcp: 2 }, undefined, { ulp: 4 }])).toEqual({ ulp: 5, mptcp: 2 });
  });
});
