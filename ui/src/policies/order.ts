import type { Path } from '../yaml/edit';

/** The order of the documentation. */
const ORDER: Record<string, readonly string[]> = {
  '': ['apiVersion', 'kind', 'metadata', 'spec'],
  metadata: ['name', 'labels', 'annotations'],
  spec: ['priority', 'action', 'mode', 'nodes', 'match', 'enrolment', 'blockingSockets', 'limits', 'tests'],
  'spec.nodes': ['matchLabels', 'matchExpressions'],
  'spec.match': ['ports', 'cgroups', 'clients', 'servers'],
  'spec.limits': ['backlogBytes', 'backlogMessages'],
};

export function policyKeyOrder(path: Path): readonly string[] {
  return ORDER[path.join('.')] ?? [];
}
