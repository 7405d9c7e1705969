import type { components } from './schema';

/** Short names for what the REST API sends and takes; the shapes are generated from its OpenAPI document (npm run api). */
type Schemas = components['schemas'];

export type Session = Schemas['Session'];
export type Role = Session['role'];

export type Policy = Schemas['PolicyResource'];
export type Action = Policy['spec']['action'];
export type Mode = Policy['spec']['mode'];
export type LabelExpression = Schemas['LabelRequirement'];
export type Validation = Schemas['Validation'];
export type Problem = Schemas['ProblemView'];
export type Severity = Problem['severity'];
export type DryRun = Schemas['DryRun'];
export type FieldChange = Schemas['FieldChange'];
export type PolicyChange = Schemas['PolicyChange'];

export type NodeInfo = Schemas['NodeView'];
export type NodeState = NodeInfo['state'];
export type HealthState = Schemas['NodeHealth']['state'];
export type Rejection = Schemas['NodeRejection'];
export type NodePolicy = Schemas['NodePolicy'];

export type Revision = Schemas['Revision'];
export type RevisionDiff = Schemas['RevisionDiff'];

export type ExplainRequest = Schemas['ExplainRequest'];
export type SocketEnd = Schemas['Socket'];
export type Explanation = Schemas['Explanation'];
export type EndExplanation = Schemas['EndExplanation'];
export type PolicyExplanation = Schemas['PolicyExplanation'];
export type Standing = PolicyExplanation['standing'];
export type DimensionExplanation = Schemas['DimensionExplanation'];

export type Recommendation = Schemas['Recommendation'];
export type Impact = Schemas['ImpactView'];
export type ImpactChange = Schemas['ImpactChange'];
export type Flow = Schemas['FlowView'];
export type Flows = Schemas['Flows'];

export interface Page<T> {
  items: T[];
  continue?: string | null;
}
