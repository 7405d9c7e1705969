import { parseDocument } from 'yaml';
import type { LabelExpression } from '../api/types';

/** What the form shows of a text. Everything is text, because a text may hold anything; the server judges it. */
export interface Draft {
  name: string;
  labels: string[];
  priority: string;
  action: string;
  mode: string;
  matchLabels: string[];
  matchExpressions: LabelExpression[];
  ports: string[];
  cgroups: string[];
  clients: string[];
  servers: string[];
  enrolment: string;
  blockingSockets: string;
  backlogBytes: string;
  backlogMessages: string;
  tests: TestRow[];
}

export interface TestRow {
  client: string;
  server: string;
  port: string;
  cgroup: string;
  expect: string;
}

/** The form's view of a text, or null when the text does not parse and the form has nothing to show. */
export function readDraft(text: string): Draft | null {
  const doc = parseDocument(text);
  if (doc.errors.length > 0) return null;
  let root: unknown;
  try {
    root = doc.toJS();
  } catch {
    return null;
  }
  const metadata = child(root, 'metadata');
  const spec = child(root, 'spec');
  const nodes = child(spec, 'nodes');
  const match = child(spec, 'match');
  const limits = child(spec, 'limits');
  return {
    name: asText(child(metadata, 'name')),
    labels: asPairs(child(metadata, 'labels')),
    priority: asText(child(spec, 'priority')),
    action: asText(child(spec, 'action')),
    mode: asText(child(spec, 'mode')),
    matchLabels: asPairs(child(nodes, 'matchLabels')),
    matchExpressions: asList(child(nodes, 'matchExpressions')).map((entry) => ({
      key: asText(child(entry, 'key')),
      operator: asText(child(entry, 'operator')) as LabelExpression['operator'],
      values: asTexts(child(entry, 'values')),
    })),
    ports: asTexts(child(match, 'ports')),
    cgroups: asTexts(child(match, 'cgroups')),
    clients: asTexts(child(match, 'clients')),
    servers: asTexts(child(match, 'servers')),
    enrolment: asText(child(spec, 'enrolment')),
    blockingSockets: asText(child(spec, 'blockingSockets')),
    backlogBytes: asText(child(limits, 'backlogBytes')),
    backlogMessages: asText(child(limits, 'backlogMessages')),
    tests: asList(child(spec, 'tests')).map((entry) => ({
      client: asText(child(entry, 'client')),
      server: asText(child(entry, 'server')),
      port: asText(child(entry, 'port')),
      cgroup: asText(child(entry, 'cgroup')),
      expect: asText(child(entry, 'expect')),
    })),
  };
}

/** A whole number becomes a number, anything else stays the text that was typed, for the server to explain. */
export function numberOrText(text: string): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return /^\d{1,9}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

export function listOrNothing<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

/** `team=payments` pairs as a map. */
export function pairsOrNothing(pairs: readonly string[]): Record<string, string> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? [pair.trim(), ''] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

export const NEW_POLICY = `apiVersion: shunt.dev/v1alpha1
kind: AccelerationPolicy
metadata:
  name:
spec:
  priority: 100          # 0 to 65535; the higher one wins
  action: Accelerate
  mode: Enforce          # Observe only counts what would happen
  match:
    servers: ["127.0.0.0/8", "::1/128"]
`;

function child(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined;
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function asTexts(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return asList(value).map(asText);
}

function asPairs(value: unknown): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.entries(value).map(([key, entry]) => `${key}=${asText(entry)}`);
}
