import { isMap, isScalar, isSeq, parseDocument, type Document } from 'yaml';
import type { Problem } from '../api/types';
import type { Path } from './edit';

/** A range of offsets in a text. */
export interface Span {
  from: number;
  to: number;
}

/** `spec.match.ports[0]` as keys and indices; a label's key may itself contain dots: `metadata.labels["a.b/c"]`. */
export function parsePath(path: string): Path {
  const parts: (string | number)[] = [];
  for (const match of path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]|([^.[\]]+)/g)) {
    const [, index, doubleQuoted, singleQuoted, name] = match;
    parts.push(index === undefined ? (doubleQuoted ?? singleQuoted ?? name)! : Number(index));
  }
  return parts;
}

/** Where a value stands in the text, or the nearest part around it that the text has. */
export function spanOfPath(doc: Document, path: Path): Span | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const node = doc.getIn(path.slice(0, depth), true);
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range == null) continue;
    // A missing field is shown at the key of the map that lacks it, not all over the map.
    const asKey = depth < path.length || isMap(node) || (isSeq(node) && node.flow !== true);
    if (asKey) {
      const key = keySpan(doc, path.slice(0, depth));
      if (key !== undefined) return key;
    }
    return { from: range[0], to: range[1] };
  }
  return undefined;
}

function keySpan(doc: Document, path: Path): Span | undefined {
  const parent = path.length === 1 ? doc.contents : doc.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
  const range = isScalar(pair?.key) ? pair.key.range : undefined;
  return range == null ? undefined : { from: range[0], to: range[1] };
}

/**
 * Where to underline a problem. The path is preferred because it also tells where the value ends; the server's line and
 * column (in code points) are for what has no path, such as a syntax error.
 */
export function locate(text: string, problem: Pick<Problem, 'path' | 'line' | 'column'>): Span {
  const doc = parseDocument(text);
  if (doc.errors.length === 0 && problem.path !== '') {
    const span = spanOfPath(doc, parsePath(problem.path));
    if (span !== undefined) return span;
  }
  if (problem.line != null) return spanOfPosition(text, problem.line, problem.column ?? 1);
  return { from: 0, to: firstLineEnd(text, 0) };
}

function spanOfPosition(text: string, line: number, column: number): Span {
  let start = 0;
  for (let current = 1; current < line; current += 1) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) break;
    start = newline + 1;
  }
  const end = firstLineEnd(text, start);
  const codePoints = [...text.slice(start, end)];
  const from = Math.min(end, start + codePoints.slice(0, Math.max(0, column - 1)).join('').length);
  // At the end of a line there is nothing to underline but the line itself.
  return from < end ? { from, to: end } : { from: start, to: end };
}

function firstLineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline;
}
