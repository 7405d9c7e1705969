import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';
import type { Problem } from '../api/types';
import { locate } from '../yaml/locate';
import './YamlEditor.css';

/** Colours come from CSS variables, so that one editor serves both themes. */
const HIGHLIGHT = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], class: 'yaml-key' },
  { tag: [tags.string, tags.content, tags.attributeValue], class: 'yaml-value' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], class: 'yaml-number' },
  { tag: [tags.comment, tags.lineComment], class: 'yaml-comment' },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], class: 'yaml-punctuation' },
]);

const BASE: Extension = [
  yaml(),
  syntaxHighlighting(HIGHLIGHT),
  lineNumbers(),
  drawSelection(),
  bracketMatching(),
  EditorView.lineWrapping,
];

export interface YamlEditorHandle {
  /** Puts the cursor at an offset and shows it. */
  reveal: (offset: number) => void;
}

interface YamlEditorProps {
  value: string;
  onChange: (text: string) => void;
  problems: readonly Problem[];
  ref?: Ref<YamlEditorHandle>;
}

/**
 * The text of a policy. Tab leaves the editor, as everywhere on the page. Edits made elsewhere (the form) are taken in
 * as the smallest change, so that the cursor, the scroll position and undo survive them.
 */
export function YamlEditor({ value, onChange, problems, ref }: YamlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const initial = useRef(value);
  const changed = useRef(onChange);
  useEffect(() => {
    changed.current = onChange;
  });

  useEffect(() => {
    const editor = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: initial.current,
        extensions: [
          BASE,
          history(),
          indentOnInput(),
          highlightActiveLine(),
          highlightSelectionMatches(),
          lintGutter(),
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...lintKeymap]),
          EditorView.contentAttributes.of({ 'aria-label': 'Policy as YAML' }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const change = smallestChange(editor.state.doc.toString(), value);
    if (change !== null) editor.dispatch({ changes: change });
  }, [value]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    editor.dispatch(setDiagnostics(editor.state, problems.map((problem) => diagnostic(value, problem))));
  }, [problems, value]);

  useImperativeHandle(ref, () => ({
    reveal: (offset) => {
      const editor = view.current;
      if (editor === null) return;
      editor.dispatch({ selection: { anchor: Math.min(offset, editor.state.doc.length) }, scrollIntoView: true });
      editor.focus();
    },
  }));

  return <div ref={host} className="yaml-editor" />;
}

/**
 * What an edit changes, in one text: removed lines above the lines that replace them. Without anything before, the text
 * alone.
 */
export function YamlDiff({ before, after, label }: { before: string | null; after: string; label: string }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const editor = new EditorView({
      parent: host.current!,
      state: EditorState.create({
        doc: after,
        extensions: [
          BASE,
          before === null ? [] : unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: { margin: 3, minSize: 6 } }),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', role: 'textbox', 'aria-readonly': 'true', 'aria-multiline': 'true' }),
        ],
      }),
    });
    return () => editor.destroy();
  }, [before, after, label]);
  return <div ref={host} className="yaml-editor yaml-diff" />;
}

function diagnostic(text: string, problem: Problem): Diagnostic {
  const { from, to } = locate(text, problem);
  return {
    from: Math.min(from, text.length),
    to: Math.min(Math.max(to, from), text.length),
    severity: problem.severity === 'Error' ? 'error' : 'warning',
    source: problem.code,
    message: problem.message,
  };
}

function smallestChange(old: string, now: string): { from: number; to: number; insert: string } | null {
  if (old === now) return null;
  let from = 0;
  while (from < old.length && from < now.length && old[from] === now[from]) from += 1;
  let tail = 0;
  while (tail < old.length - from && tail < now.length - from && old[old.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  return { from, to: old.length - tail, insert: now.slice(from, now.length - tail) };
}
