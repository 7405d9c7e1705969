import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { editYaml } from './edit';

const POLICY = `# Owned by the payments team
apiVersion: shunt.dev/v1alpha1
kind: AccelerationPolicy
metadata:
  name: checkout   # keep me: aligned by hand
  labels: {team: payments}
spec:
  priority: 100
  # the sidecar's ports
  match:
    ports:
      - "8080"   # plain
      - 15000-15010 # Envoy
    cgroups: ["/kubepods.slice/**"]

  limits: { backlogBytes: 4Mi }   # measured in June
  mode: Enforce
`;

/** Every line of the text but those of the block under test. */
function otherLines(text: string, drop: RegExp): string[] {
  return text.split('\n').filter((line) => !drop.test(line));
}

describe('a form edit', () => {
  it('changes a scalar and nothing else', () => {
    const edited = editYaml(POLICY, ['spec', 'priority'], 200);
    expect(edited).toBe(POLICY.replace('priority: 100', 'priority: 200'));
  });

  it('keeps the comment behind the value it changes', () => {
    const edited = editYaml(POLICY, ['metadata', 'name'], 'basket');
    expect(edited).toContain('name: basket');
    expect(edited).toContain('# keep me: aligned by hand');
  });

  it('keeps the comments of the list entries that stay', () => {
    const edited = editYaml(POLICY, ['spec', 'match', 'ports'], ['15000-15010', '9090']);
    expect((parse(edited) as { spec: { match: { ports: unknown } } }).spec.match.ports).toEqual(['15000-15010', '9090']);
    expect(edited).toContain('- 15000-15010 # Envoy');
    expect(edited).not.toContain('# plain');
    const ports = /"8080"|15000|9090/;
    expect(otherLines(edited, ports)).toEqual(otherLines(POLICY, ports));
  });

  it('leaves the rest of a flow map alone', () => {
    const edited = editYaml(POLICY, ['spec', 'limits', 'backlogMessages'], 512);
    expect(edited).toMatch(/limits: \{backlogBytes: 4Mi, backlogMessages: 512\} +# measured in June/);
    expect(otherLines(edited, /limits/)).toEqual(otherLines(POLICY, /limits/));
  });

  it('adds a missing key at the end of its map', () => {
    const edited = editYaml(POLICY, ['spec', 'match', 'servers'], ['127.0.0.0/8']);
    expect(edited).toContain('    cgroups: ["/kubepods.slice/**"]\n    servers: [127.0.0.0/8]\n\n  limits:');
  });

  it('adds a key where people write it', () => {
    const order = () => ['priority', 'action', 'mode'];
    const text = 'spec:\n  # the mode\n  mode: Observe\n';
    expect(editYaml(text, ['spec', 'action'], 'Bypass', order)).toBe('spec:\n  # the mode\n  action: Bypass\n  mode: Observe\n');
    const longer = 'spec:\n  priority: 7 # why\n  mode: Observe\n';
    expect(editYaml(longer, ['spec', 'action'], 'Bypass', order)).toBe('spec:\n  priority: 7 # why\n  action: Bypass\n  mode: Observe\n');
  });

  it('empties a value and keeps its line, for a field that is being retyped', () => {
    const emptied = editYaml(POLICY, ['metadata', 'name'], null);
    expect(emptied).toMatch(/^ {2}name: *# keep me: aligned by hand$/m);
    expect(editYaml(emptied, ['metadata', 'name'], 'basket')).toMatch(/^ {2}name: basket # keep me: aligned by hand$/m);
  });

  it('adds the maps that lead to a missing key', () => {
    const edited = editYaml(POLICY, ['spec', 'nodes', 'matchLabels'], { pool: 'edge' });
    expect((parse(edited) as { spec: { nodes: unknown } }).spec.nodes).toEqual({ matchLabels: { pool: 'edge' } });
    expect(edited.startsWith(POLICY)).toBe(true);
  });

  it('quotes a port so that it stays text', () => {
    const edited = editYaml(POLICY, ['spec', 'match', 'ports'], ['8081']);
    expect(edited).toContain('- "8081"');
  });

  it('removes a key together with a map it would leave empty', () => {
    const edited = editYaml(POLICY, ['spec', 'limits', 'backlogBytes'], undefined);
    expect(edited).not.toContain('limits');
    expect(otherLines(edited, /limits/)).toEqual(otherLines(POLICY, /limits/));
    const noMatch = editYaml(editYaml(POLICY, ['spec', 'match', 'ports'], undefined), ['spec', 'match', 'cgroups'], undefined);
    expect(parse(noMatch)).not.toHaveProperty('spec.match');
  });

  it('changes one cell of a table without touching its other rows', () => {
    const text = 'spec:\n  tests:\n    # first\n    - {client: 10.0.0.1, port: 80} # a\n    - {client: 10.0.0.2, port: 81} # b\n';
    const edited = editYaml(text, ['spec', 'tests'], [
      { client: '10.0.0.1', port: 80 },
      { client: '10.0.0.9', port: 81 },
    ]);
    expect(edited).toBe(text.replace('10.0.0.2', '10.0.0.9'));
  });

  it('removes one row of a table and keeps the comment of the next', () => {
    const text = 'spec:\n  tests:\n    - {port: 80, client: 10.0.0.1} # a\n    - {port: 81, client: 10.0.0.2} # b\n';
    const edited = editYaml(text, ['spec', 'tests'], [{ client: '10.0.0.2', port: 81 }]);
    expect(edited).toBe('spec:\n  tests:\n    - {port: 81, client: 10.0.0.2} # b\n');
  });

  it('keeps sequences that are not indented as they are', () => {
    const text = 'spec:\n  match:\n    ports:\n    - "80"\n    - "81"\n  mode: Observe\n';
    expect(editYaml(text, ['spec', 'match', 'ports'], ['80', '82'])).toBe(text.replace('81', '82'));
  });

  it('works on a text without a final newline and on an empty one', () => {
    expect(editYaml('spec:\n  mode: Observe', ['spec', 'priority'], 7)).toBe('spec:\n  mode: Observe\n  priority: 7\n');
    expect(parse(editYaml('', ['spec', 'priority'], 7))).toEqual({ spec: { priority: 7 } });
  });

  it('removes a value that is not there by changing nothing', () => {
    expect(editYaml(POLICY, ['spec', 'nodes'], undefined)).toBe(POLICY);
  });
});
