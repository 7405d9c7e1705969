import { Button, Group, Modal, Spoiler, Stack, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../api/http';
import { apply, dryRun, type Edit } from '../api/queries';
import type { DryRun, FieldChange } from '../api/types';
import { formatValue } from '../kit/format';
import { Notice } from '../kit/Notice';
import { Failure, Loading } from '../kit/Page';
import { ImpactPreview } from './ImpactPreview';
import { YamlDiff } from './YamlEditor';

interface ReviewDialogProps {
  opened: boolean;
  edit: Edit;
  /** The text the edit started from; null for a new policy. */
  before: string | null;
  onClose: () => void;
  onApplied: (name: string) => void | Promise<void>;
  /** Somebody else applied a version in between. */
  onConflict: () => void;
}

/** The server's dry run of an edit; nothing is applied before it was seen and confirmed. */
export function ReviewDialog({ opened, edit, before, onClose, onApplied, onConflict }: ReviewDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={edit.etag === undefined ? `Create ${edit.name}` : `Apply changes to ${edit.name}`} size="xl">
      <Review edit={edit} before={before} onClose={onClose} onApplied={onApplied} onConflict={onConflict} />
    </Modal>
  );
}

function Review({ edit, before, onClose, onApplied, onConflict }: Omit<ReviewDialogProps, 'opened'>) {
  const [message, setMessage] = useState('');
  const rehearsal = useQuery({
    queryKey: ['dryRun', edit],
    queryFn: () => whenUnchanged(dryRun(edit)),
    retry: false,
    gcTime: 0,
  });
  const application = useMutation({
    mutationFn: () => whenUnchanged(apply(edit, message)),
    onSuccess: (outcome) => outcome !== CONFLICT && onApplied(edit.name),
  });
  if (rehearsal.data === CONFLICT || application.data === CONFLICT) {
    return (
      <Stack gap="md">
        <Text size="sm">Somebody else changed {edit.name} since you opened it. Nothing was applied.</Text>
        <Group justify="flex-end"><Button onClick={onConflict} data-autofocus>Show what changed</Button></Group>
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      {rehearsal.isPending ? <Loading what="dry run" /> : null}
      {rehearsal.isError ? <Refusal error={rehearsal.error} retry={() => void rehearsal.refetch()} /> : null}
      {rehearsal.isSuccess ? (
        <>
          <Affected outcome={rehearsal.data} />
          <ImpactPreview draft={edit.text} />
          <div className="panel"><YamlDiff before={before} after={edit.text} label="The text that is applied" /></div>
          {edit.etag === undefined ? null : <Changes changes={rehearsal.data.diff} />}
          <TextInput label="Why" description="Stays with the revision, for whoever asks later" placeholder="Optional" value={message} onChange={(event) => setMessage(event.currentTarget.value)} />
        </>
      ) : null}
      {application.isError ? <Refusal error={application.error} /> : null}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>Go on editing</Button>
        <Button disabled={!rehearsal.isSuccess} loading={application.isPending} onClick={() => application.mutate()} data-autofocus>
          {rehearsal.isSuccess ? `Apply to ${nodes(rehearsal.data.affectedNodes.length)}` : 'Apply'}
        </Button>
      </Group>
    </Stack>
  );
}

const CONFLICT = 'conflict';

/** A stale version is an expected outcome here, not a failure. */
async function whenUnchanged<T>(outcome: Promise<T>): Promise<T | typeof CONFLICT> {
  try {
    return await outcome;
  } catch (error) {
    if (error instanceof ApiError && error.status === 412) return CONFLICT;
    throw error;
  }
}

function Affected({ outcome: { affectedNodes, problems } }: { outcome: DryRun }) {
  return (
    <>
      <Notice tone="info" title={`Changes ${nodes(affectedNodes.length)}`}>
        {affectedNodes.length === 0 ? (
          <Text size="sm">No node that is known now carries this policy; it waits for one that matches.</Text>
        ) : (
          <Spoiler maxHeight={44} showLabel="Show all" hideLabel="Show fewer"><Text size="sm" className="mono">{affectedNodes.join('  ')}</Text></Spoiler>
        )}
      </Notice>
      {problems.map((problem, index) => (
        <Notice key={index} tone="warn" title={`Warning ${problem.code}`}>
          {problem.message} <span className="mono quiet">{problem.path}</span>
        </Notice>
      ))}
    </>
  );
}

function Changes({ changes }: { changes: readonly FieldChange[] }) {
  if (changes.length === 0) return <Text size="sm" className="quiet">The meaning stays the same: only comments or spelling changed, which the server does not keep.</Text>;
  return (
    <Table aria-label="Changed fields" verticalSpacing={4}>
      <Table.Thead><Table.Tr><Table.Th>Field</Table.Th><Table.Th>Now</Table.Th><Table.Th>After</Table.Th></Table.Tr></Table.Thead>
      <Table.Tbody>
        {changes.map(({ path, old, new: after }) => (
          <Table.Tr key={path} className="mono">
            <Table.Td>{path}</Table.Td>
            <Table.Td>{formatValue(old) || <span className="quiet">–</span>}</Table.Td>
            <Table.Td>{formatValue(after) || <span className="quiet">–</span>}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** The server found problems that validation alone could not, such as a failing test of another policy. */
function Refusal({ error, retry }: { error: Error; retry?: () => void }) {
  const problems = error instanceof ApiError && Array.isArray(error.body['problems']) ? (error.body['problems'] as DryRun['problems']) : [];
  return (
    <>
      <Failure error={error} retry={retry} />
      {problems.length === 0 ? null : (
        <ul>
          {problems.map((problem, index) => <li key={index}><Text size="sm">{problem.message} <span className="mono quiet">{[problem.policy, problem.path, problem.code].filter(Boolean).join(' · ')}</span></Text></li>)}
        </ul>
      )}
    </>
  );
}

function nodes(count: number): string {
  return count === 1 ? '1 node' : `${count} nodes`;
}
