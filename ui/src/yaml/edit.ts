import { isCollection, isMap, isScalar, isSeq, parseDocument, type Document, type Pair, type YAMLMap, type YAMLSeq } from 'yaml';

export type Path = readonly (string | number)[];

/** The order in which people write the keys of the map at a path; keys that are not named come last. */
export type KeyOrder = (path: Path) => readonly string[];

const NO_ORDER: KeyOrder = () => [];

/**
 * Sets or, with `undefined`, removes one value of a YAML text.
 *
 * Only the lines of the smallest block around the value are written anew, by the parser's own document model, so
 * comments inside it stay; every other line keeps each of its bytes. The text must be free of syntax errors.
 */
export function editYaml(text: string, path: Path, value: unknown, order: KeyOrder = NO_ORDER): string {
  const doc = parseDocument(text);
  if (doc.errors.length > 0) throw new Error(`expected YAML without syntax errors, found: ${doc.errors[0]!.message}`);
  if (!isBlockMap(doc.contents)) return editWhole(doc, path, value);

  let map: YAMLMap = doc.contents;
  for (const [depth, key] of path.entries()) {
    const pair = pairOf(map, key);
    if (pair === undefined) return value === undefined ? text : insert(text, map, path.slice(depth), value, order(path.slice(0, depth)));
    const last = depth === path.length - 1;
    if (last && value === undefined) return remove(text, doc, path);
    if (last || !isBlockMap(pair.value)) return editPair(text, pair, path.slice(depth), value);
    map = pair.value;
  }
  return text;
}

/** Documents that are empty or in flow style as a whole have no lines of their own to keep. */
function editWhole(doc: Document, path: Path, value: unknown): string {
  assign(doc, path, value);
  return print(doc, true);
}

function editPair(text: string, pair: Pair, path: Path, value: unknown): string {
  const lines = linesOf(text, pair);
  const block = text.slice(lines.start, lines.end);
  const sub = parseDocument(dedent(block, lines.indent));
  assign(sub, path, value);
  if (isMap(sub.contents) && isEmptyCollection(sub.contents.items[0]?.value)) {
    return text.slice(0, lines.start) + text.slice(lines.end);
  }
  return text.slice(0, lines.start) + indent(print(sub, hasIndentedSequences(block)), lines.indent) + text.slice(lines.end);
}

/** A new key goes behind the last one that is written before it, or to the front of the map. */
function insert(text: string, map: YAMLMap, path: Path, value: unknown, order: readonly string[]): string {
  const rank = (key: unknown) => (order.includes(String(key)) ? order.indexOf(String(key)) : order.length);
  const before = map.items.filter((pair) => rank(isScalar(pair.key) ? pair.key.value : '') <= rank(path[0])).at(-1);
  const lines = linesOf(text, before ?? map.items[0]!);
  const at = before === undefined ? lines.start : lines.end;
  const created = parseDocument('{}');
  created.contents = created.createNode({}) as typeof created.contents;
  assign(created, path, value);
  const separator = at === 0 || text[at - 1] === '\n' ? '' : '\n';
  return text.slice(0, at) + separator + indent(print(created, true), lines.indent) + text.slice(at);
}

/** Removes the pair, and every map above it that would be left empty. */
function remove(text: string, doc: Document, path: Path): string {
  let depth = path.length - 1;
  while (depth > 0) {
    const parent = doc.getIn(path.slice(0, depth), true);
    if (!isMap(parent) || parent.items.length > 1) break;
    depth -= 1;
  }
  const parent = depth === 0 ? doc.contents : doc.getIn(path.slice(0, depth), true);
  const pair = isMap(parent) ? pairOf(parent, path[depth]!) : undefined;
  if (pair === undefined) return text;
  const lines = linesOf(text, pair);
  return text.slice(0, lines.start) + text.slice(lines.end);
}

function assign(doc: Document, path: Path, value: unknown): void {
  if (value === undefined) {
    doc.deleteIn(path);
    return;
  }
  const existing = doc.getIn(path, true);
  if (Array.isArray(value) && isSeq(existing)) {
    replaceItems(doc, existing, value);
  } else if (isScalar(existing) && !isObject(value)) {
    existing.value = value;
    // A source such as 0x10 must not be printed instead of the new value.
    delete existing.source;
  } else {
    doc.setIn(path, nodeFor(doc, value));
  }
}

/** Entries that stay keep their node, and with it their comments and quotes; a row that changed is changed in place. */
function replaceItems(doc: Document, seq: YAMLSeq, values: readonly unknown[]): void {
  const left = [...seq.items];
  const staying = values.map((value) => {
    const at = left.findIndex((item) => fingerprint(isCollection(item) || isScalar(item) ? item.toJSON() : item) === fingerprint(value));
    return at < 0 ? undefined : left.splice(at, 1)[0];
  });
  seq.items = values.map((value, index) => {
    if (staying[index] !== undefined) return staying[index];
    const changed = left.find((item) => item === seq.items[index]);
    return isMap(changed) && isObject(value) ? updated(doc, changed, value) : nodeFor(doc, value);
  });
}

/** Equal for values that mean the same in a policy: the order of keys does not matter, nor whether 8080 is quoted. */
function fingerprint(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(fingerprint).join()}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => `${key}:${fingerprint(entry)}`);
    return `{${entries.sort().join()}}`;
  }
  return JSON.stringify(String(value));
}

function updated(doc: Document, map: YAMLMap, value: Record<string, unknown>): YAMLMap {
  for (const pair of [...map.items]) {
    if (isScalar(pair.key) && !(String(pair.key.value) in value)) map.delete(pair.key.value);
  }
  for (const [key, entry] of Object.entries(value)) {
    const old = map.get(key, true);
    if (isScalar(old) && !isObject(entry)) {
      if (old.value !== entry) {
        old.value = entry;
        delete old.source;
      }
    } else {
      map.set(key, nodeFor(doc, entry));
    }
  }
  return map;
}

/** Lists of words and rows of a table fit one line; nested structures do not. */
function nodeFor(doc: Document, value: unknown): unknown {
  const node = doc.createNode(value);
  if (isSeq(node)) {
    const flat = node.items.every((item) => isScalar(item));
    node.flow = flat;
    for (const item of node.items) {
      if (isMap(item)) item.flow = true;
    }
  } else if (isMap(node)) {
    for (const pair of node.items) {
      if (isSeq(pair.value)) pair.value.flow = true;
    }
  }
  return node;
}

function print(doc: Document, indentSeq: boolean): string {
  return doc.toString({ lineWidth: 0, flowCollectionPadding: false, nullStr: '', indentSeq });
}

interface Lines {
  start: number;
  end: number;
  indent: number;
}

/** The whole lines a pair of a block map stands on, without the comments and blank lines that follow it. */
function linesOf(text: string, pair: Pair): Lines {
  const key = rangeOf(pair.key)![0];
  const start = text.lastIndexOf('\n', key - 1) + 1;
  const indentation = key - start;
  const valueEnd = rangeOf(pair.value)?.[1] ?? key;
  let end = lineEnd(text, key);
  for (let at = end; at < text.length; at = lineEnd(text, at)) {
    const line = text.slice(at, lineEnd(text, at));
    const content = line.trim();
    if (at < valueEnd) {
      end = lineEnd(text, at);
    } else if (content === '') {
      continue;
    } else if (line.search(/\S/) > indentation && content.startsWith('#')) {
      end = lineEnd(text, at);
    } else {
      break;
    }
  }
  return { start, end, indent: indentation };
}

function lineEnd(text: string, from: number): number {
  const newline = text.indexOf('\n', from);
  return newline < 0 ? text.length : newline + 1;
}

function dedent(block: string, by: number): string {
  return block
    .split('\n')
    .map((line) => (line.slice(0, by).trim() === '' ? line.slice(by) : line))
    .join('\n');
}

function indent(block: string, by: number): string {
  const prefix = ' '.repeat(by);
  return block
    .split('\n')
    .map((line) => (line === '' ? line : prefix + line))
    .join('\n');
}

function hasIndentedSequences(block: string): boolean {
  const lines = block.split('\n');
  const dash = lines.findIndex((line) => /^\s*- /.test(line));
  if (dash < 0) return true;
  const owner = lines.slice(0, dash).findLast((line) => line.trim() !== '' && !line.trim().startsWith('#'));
  return owner === undefined || lines[dash]!.search(/\S/) > owner.search(/\S/);
}

function pairOf(map: YAMLMap, key: string | number): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function isBlockMap(node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true && node.items.length > 0;
}

function isEmptyCollection(node: unknown): boolean {
  return isCollection(node) && node.items.length === 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  const range = (node as { range?: [number, number, number] | null } | null)?.range;
  return range ?? undefined;
}
