/** What the REST API sends and takes. */

export type Action = 'Accelerate' | 'Bypass';
export type Mode = 'Enforce' | 'Observe';
export type Enrolment = 'Settled' | 'Handshake';
export type BlockingSockets = 'Exclude' | 'Accept';

export interface Policy {
  apiVersion: string;
  kind: string;
  metadata: PolicyMetadata;
  spec: PolicySpec;
  status?: PolicyStatus;
}

export interface PolicyMetadata {
  name: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  resourceVersion?: string | number;
  creationTimestamp?: string;
  updateTimestamp?: string;
}

export interface PolicySpec {
  priority?: number;
  action?: Action;
  mode?: Mode;
  nodes?: { matchLabels?: Record<string, string>; matchExpressions?: LabelExpression[] };
  match?: { ports?: (string | number)[]; cgroups?: string[]; clients?: string[]; servers?: string[] };
  enrolment?: Enrolment;
  blockingSockets?: BlockingSockets;
  limits?: { backlogBytes?: string | number; backlogMessages?: number };
  tests?: PolicyTest[];
}

export interface LabelExpression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

export interface PolicyTest {
  client: string;
  server: string;
  port: number;
  cgroup: string;
  expect: Action | 'NoMatch';
}

export interface PolicyStatus {
  revision?: number;
  observedGeneration?: number;
  nodes?: { applied: number; desired: number; rejected: number };
  conditions?: Condition[];
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

/** An error stops the change, a warning does not. */
export type Severity = 'Error' | 'Warning';

/** One thing wrong with one place of a document; line and column from 1, null when it has no place in the text sent. */
export interface Problem {
  code: string;
  severity: Severity;
  policy?: string | null;
  path: string;
  line: number | null;
  column: number | null;
  expected?: string;
  found?: string;
  message: string;
}

export interface Validation {
  valid: boolean;
  problems: Problem[];
}

export interface FieldChange {
  path: string;
  old?: unknown;
  new?: unknown;
}

/** What an edit would do, without doing it; `diff` holds the fields of all changes. */
export interface DryRun {
  changes: PolicyChange[];
  diff: FieldChange[];
  affectedNodes: string[];
  problems: Problem[];
}

export type NodeState = 'InSync' | 'Pending' | 'Rejected' | 'Drifted' | 'Unreachable';
export type HealthState = 'Healthy' | 'Degraded' | 'NotAccelerating';

export interface NodeInfo {
  id: string;
  labels: Record<string, string>;
  state: NodeState;
  health: { state: HealthState; reasons: string[] };
  agentVersion: string;
  kernelRelease: string;
  /** 0 for none. */
  appliedRevision: number;
  desiredRevision: number;
  joinedAt?: string;
  lastSeen: string | null;
  rejection: Rejection | null;
  counters: Counters;
  /** What the node should carry, in winning order. */
  policies: NodePolicy[];
}

/** Why a node refused a revision; it goes on enforcing the one it has applied. */
export interface Rejection {
  revision: number;
  time: string;
  errors: { policy: string; path: string; code: string; errno: string; message: string }[];
}

export interface VerdictCounters {
  acceleratedConnections: number;
  redirectedBytes: number;
  redirectedMessages: number;
  /** Connections that were not accelerated, by reason. */
  reasons: Record<string, number>;
}

/** Totals since the datapath was installed on the node. */
export interface Counters extends VerdictCounters {
  liveConnections: number;
}

export interface NodePolicy extends VerdictCounters {
  name: string;
  action: Action;
  mode: Mode;
}

export interface Revision {
  number: number;
  digest: string;
  author: string;
  message: string;
  committedAt: string;
  /** What this revision did to which policy. */
  changes: { policy: string; change: PolicyChange['change'] }[];
}

export interface PolicyChange {
  policy: string;
  change: 'Added' | 'Changed' | 'Removed';
  fields: FieldChange[];
}

export type Role = 'viewer' | 'editor' | 'admin';

export interface Session {
  username: string;
  role: Role;
}

export interface Page<T> {
  items: T[];
  continue?: string | null;
}

/** A connection as one of its two sockets sees it. */
export interface SocketEnd {
  client: string;
  server: string;
  port: number;
  cgroup: string;
}

export interface ExplainRequest {
  /** Null for a node without labels. */
  node: string | null;
  clientEnd: SocketEnd;
  /** Null when both ends see the same. */
  serverEnd: SocketEnd | null;
}

/** `verdict` is `eligible`, or the reason why policy does not accelerate the connection. */
export interface Explanation {
  verdict: string;
  clientEnd: EndExplanation;
  serverEnd: EndExplanation;
}

export interface EndExplanation {
  verdict: string;
  winner: string | null;
  /** Every policy, in winning order. */
  policies: PolicyExplanation[];
}

export type Standing = 'Won' | 'Outranked' | 'NotMatched' | 'NotOnNode';

export interface PolicyExplanation {
  name: string;
  standing: Standing;
  reason: string;
  dimensions: DimensionExplanation[];
}

/** `path` and `entry` are the line that decided, `found` is the socket's value. */
export interface DimensionExplanation {
  dimension: string;
  matched: boolean;
  path: string;
  entry: string;
  found: string;
}
