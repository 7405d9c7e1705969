import { describe, expect, it } from 'vitest';
import { locate, parsePath } from './locate';
import { syntaxProblems } from './syntax';

const TEXT = `spec:
  match:
    ports: ["8080", "99999"] # the second is out of range
  action: Accelerate
`;

function underlined(path: string, line: number | null = null, column: number | null = null): string {
  const { from, to } = locate(TEXT, { path, line, column });
  return TEXT.slice(from, to);
}

describe('a problem', () => {
  it('with a path is underlined at the value in the text', () => {
    expect(underlined('spec.match.ports[1]')).toBe('"99999"');
    expect(underlined('spec.action')).toBe('Accelerate');
  });

  it('about a missing field is underlined at the key that lacks it', () => {
    expect(underlined('spec.match.servers')).toBe('match');
    expect(underlined('spec.match')).toBe('match');
  });

  it('without a path is underlined from its line and column', () => {
    expect(underlined('', 4, 11)).toBe('Accelerate');
    expect(underlined('', 4, 99)).toBe('  action: Accelerate');
  });

  it('without any position is underlined on the first line', () => {
    expect(underlined('')).toBe('spec:');
  });

  it('counts columns in code points, as the server does', () => {
    const text = '# 🚀🚀 x\n';
    const { from } = locate(text, { path: '', line: 1, column: 6 });
    expect(text.slice(from)).toBe('x\n');
  });
});

describe('a path', () => {
  it('is split into keys and indices', () => {
    expect(parsePath('spec.tests[2].client')).toEqual(['spec', 'tests', 2, 'client']);
    expect(parsePath('metadata.labels["example.com/team"]')).toEqual(['metadata', 'labels', 'example.com/team']);
    expect(parsePath('')).toEqual([]);
  });
});

describe('a syntax error', () => {
  it('carries the line it is on', () => {
    expect(syntaxProblems('spec:\n  a: [1, 2\nb: 3\n')[0]).toMatchObject({ severity: 'Error', line: 3 });
  });

  it('is not found in a good text', () => {
    expect(syntaxProblems(TEXT)).toEqual([]);
  });
});
