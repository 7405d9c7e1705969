import { Button, Group, Modal, Text, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { Link, useBlocker } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { keys } from '../api/queries';
import { Notice } from '../kit/Notice';
import { Failure, Page } from '../kit/Page';
import { StatusBadge } from '../kit/StatusBadge';
import { useMay } from '../session/useRole';
import { editYaml, type Path } from '../yaml/edit';
import { locate } from '../yaml/locate';
import { ConflictAlert } from './ConflictAlert';
import { readDraft } from './draft';
import { policyKeyOrder } from './order';
import { PolicyForm } from './PolicyForm';
import { ProblemList } from './ProblemList';
import { ReviewDialog } from './ReviewDialog';
import { useValidation, type ValidationResult } from './useValidation';
import { YamlEditor, type YamlEditorHandle } from './YamlEditor';
import classes from './PolicyEditor.module.css';

/** What an edit starts from; without an ETag the policy is new. */
export interface Base {
  text: string;
  etag: string | undefined;
}

interface PolicyEditorProps {
  title: string;
  base: Base;
  /** Path whose line is shown first. */
  at?: string | undefined;
  badge?: ReactNode;
  actions?: ReactNode;
  /** Stands above the editor. */
  intro?: ReactNode;
  onApplied: (name: string) => void | Promise<void>;
}

/** One text, seen as a form and as YAML. The text is the only state: the form reads from it and writes into it. */
export function PolicyEditor({ title, base: initial, at, badge, actions, intro, onApplied }: PolicyEditorProps) {
  const client = useQueryClient();
  const [base, setBase] = useState(initial);
  const [text, setText] = useState(initial.text);
  const [reviewing, setReviewing] = useState(false);
  const [conflict, setConflict] = useState(false);
  const applied = useRef(false);
  const yaml = useRef<YamlEditorHandle>(null);
  const draft = useMemo(() => readDraft(text), [text]);
  const validation = useValidation(text);
  const mayApply = useMay('editor');
  const isNew = base.etag === undefined;
  const dirty = text !== base.text;
  // A form that was just opened has no errors yet, only fields that nobody filled in.
  const problems = isNew && !dirty ? [] : validation.problems;
  const blocker = useBlocker({
    shouldBlockFn: () => dirty && !applied.current,
    enableBeforeUnload: () => dirty && !applied.current,
    withResolver: true,
  });

  useEffect(() => {
    if (at !== undefined) yaml.current?.reveal(locate(initial.text, { path: at, line: null, column: null }).from);
  }, [at, initial.text]);

  const edit = (path: Path, value: unknown) => setText((old) => editYaml(old, path, value, policyKeyOrder));
  const reviewable = dirty && mayApply && !conflict && validation.verdict !== 'invalid';
  const review = () => {
    if (reviewable) setReviewing(true);
  };
  useHotkeys([['mod+S', review]], [], true);

  const finish = async (name: string) => {
    applied.current = true;
    setReviewing(false);
    notifications.show({ message: `${isNew ? 'Created' : 'Applied'} ${name}; nodes are being told.`, color: 'teal' });
    await client.invalidateQueries({ queryKey: keys.policies, exact: true });
    await onApplied(name);
    applied.current = false;
  };

  return (
    <Page
      title={title}
      badge={badge}
      lead={<Link to="/policies" className="link">All policies</Link>}
      actions={
        <>
          <VerdictBadge validation={validation} untouched={isNew && !dirty} />
          {actions}
          <Tooltip label={!mayApply ? 'Your role may only look' : dirty ? 'Ctrl+S' : 'Nothing has changed yet'}>
            <Button size="xs" onClick={review} disabled={!reviewable}>Review and apply…</Button>
          </Tooltip>
        </>
      }
    >
      {intro}
      {conflict ? (
        <ConflictAlert
          name={title}
          base={base}
          onRebase={(latest) => {
            setBase(latest);
            setConflict(false);
          }}
          onDiscard={(latest) => {
            setBase(latest);
            setText(latest.text);
            setConflict(false);
          }}
        />
      ) : null}
      {validation.error === null ? null : <Failure error={validation.error} />}
      <div className={classes.sides}>
        <div>
          {draft === null ? (
            <Notice tone="warn" title="The YAML has a syntax error">
              The form shows again what the text says as soon as it can be read.
            </Notice>
          ) : (
            <PolicyForm draft={draft} problems={problems} onEdit={edit} isNew={isNew} />
          )}
        </div>
        <section className={`panel ${classes.text}`} aria-label="YAML">
          <Group justify="space-between" className={classes.bar}>
            <Text size="xs" className="quiet">YAML – the form edits this text, and only the lines a field stands on</Text>
            {dirty ? <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setText(base.text)}>Undo all</Button> : null}
          </Group>
          <div className={classes.code}>
            <YamlEditor ref={yaml} value={text} onChange={setText} problems={problems} />
          </div>
          <ProblemList problems={problems} onSelect={(problem) => yaml.current?.reveal(locate(text, problem).from)} />
        </section>
      </div>
      <ReviewDialog
        opened={reviewing}
        edit={{ name: isNew ? (draft?.name ?? '') : title, text, etag: base.etag }}
        before={isNew ? null : base.text}
        onClose={() => setReviewing(false)}
        onApplied={finish}
        onConflict={() => {
          setReviewing(false);
          setConflict(true);
        }}
      />
      <Modal opened={blocker.status === 'blocked'} onClose={() => blocker.reset?.()} title="Leave without applying?" centered>
        <Text size="sm" mb="md">Your changes to this policy are only in this page.</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => blocker.reset?.()} data-autofocus>Stay</Button>
          <Button color="red" onClick={() => blocker.proceed?.()}>Discard changes</Button>
        </Group>
      </Modal>
    </Page>
  );
}

function VerdictBadge({ validation: { verdict, problems }, untouched }: { validation: ValidationResult; untouched: boolean }) {
  if (untouched) return null;
  const errors = problems.filter(({ severity }) => severity === 'Error').length;
  const warnings = problems.length - errors;
  return (
    <span role="status">
      {verdict === 'checking' ? <StatusBadge tone="neutral" icon="clock">Checking…</StatusBadge> : null}
      {verdict === 'unknown' ? <StatusBadge tone="warn" icon="question">Not checked</StatusBadge> : null}
      {verdict === 'invalid' ? <StatusBadge tone="bad" icon="cross">{errors === 1 ? '1 error' : `${errors} errors`}</StatusBadge> : null}
      {verdict === 'valid' && warnings > 0 ? <StatusBadge tone="warn" icon="warning">{warnings === 1 ? 'Valid, 1 warning' : `Valid, ${warnings} warnings`}</StatusBadge> : null}
      {verdict === 'valid' && warnings === 0 ? <StatusBadge tone="good" icon="check">Valid</StatusBadge> : null}
    </span>
  );
}
