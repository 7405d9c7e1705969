import { LineCounter, parseDocument } from 'yaml';
import type { Problem } from '../api/types';

/** What the text's own parser objects to. The server is not asked before this is empty: it would only say the same, later. */
export function syntaxProblems(text: string): Problem[] {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  return doc.errors.map((error) => {
    const { line, col } = lines.linePos(Math.min(error.pos[0], Math.max(0, text.length - 1)));
    return { code: 'YAML', severity: 'Error', path: '', line, column: col, expected: 'YAML', found: error.code, message: error.message };
  });
}
