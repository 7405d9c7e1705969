import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import { useRefetchInterval } from '../api/live';
import { restoreRevision, revisionsQuery } from '../api/queries';
import type { Revision } from '../api/types';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import { StatusBadge } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import { useMay } from '../session/useRole';
import { RevisionChanges } from './RevisionChanges';

export function revisionsSearch(search: Record<string, unknown>): { open?: number } {
  return typeof search['open'] === 'number' ? { open: search['open'] } : {};
}

const route = getRouteApi('/revisions');

export function RevisionsPage() {
  const { open } = route.useSearch();
  const navigate = route.useNavigate();
  const revisions = useQuery({ ...revisionsQuery, refetchInterval: useRefetchInterval('rest') });
  const mayRestore = useMay('editor');
  const [restoring, setRestoring] = useState<Revision>();
  const rows = [...(revisions.data ?? [])].sort((a, b) => b.number - a.number);
  const latest = rows[0]?.number;

  return (
    <Page title="Revisions" lead="Every edit makes an immutable revision of the whole policy set. Restoring one makes a new revision.">
      {revisions.isPending ? <Loading what="revisions" /> : null}
      {revisions.isError ? <Failure error={revisions.error} retry={() => void revisions.refetch()} /> : null}
      {revisions.isSuccess && rows.length === 0 ? <div className="panel"><Empty title="Nothing has been changed yet" /></div> : null}
      {rows.length > 0 ? (
        <div className="panel scroll-x">
          <Table aria-label="Revisions">
            <Table.Thead>
              <Table.Tr>
                <Table.Th className="num" w={90}>Revision</Table.Th>
                <Table.Th>Message</Table.Th>
                <Table.Th>Policies</Table.Th>
                <Table.Th>Author</Table.Th>
                <Table.Th className="num">When</Table.Th>
                <Table.Th>Digest</Table.Th>
                <Table.Th><span className="visually-hidden">Actions</span></Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((revision) => {
                const isOpen = open === revision.number;
                return (
                  <Fragment key={revision.number}>
                    <Table.Tr>
                      <Table.Td className="num">{revision.number}</Table.Td>
                      <Table.Td>
                        <Group gap="xs">
                          {revision.message === '' ? <span className="quiet">No message</span> : revision.message}
                          {revision.number === latest ? <StatusBadge tone="good" icon="check" hint="What the nodes should hold now.">Current</StatusBadge> : null}
                        </Group>
                      </Table.Td>
                      <Table.Td><Touched changes={revision.changes} /></Table.Td>
                      <Table.Td>{revision.author}</Table.Td>
                      <Table.Td className="num"><TimeAgo time={revision.committedAt} /></Table.Td>
                      <Table.Td className="mono quiet">{revision.digest.slice(0, 12)}</Table.Td>
                      <Table.Td>
                        <Group gap={6} justify="flex-end" wrap="nowrap">
                          <Button size="compact-xs" variant="default" aria-expanded={isOpen} onClick={() => void navigate({ search: isOpen ? {} : { open: revision.number } })}>
                            {isOpen ? 'Hide changes' : 'Changes'}<span className="visually-hidden"> of revision {revision.number}</span>
                          </Button>
                          {revision.number === latest || !mayRestore ? null : (
                            <Button size="compact-xs" variant="default" onClick={() => setRestoring(revision)}>Restore…<span className="visually-hidden"> revision {revision.number}</span></Button>
                          )}
                        </Group>
                      </Table.Td>
                    </Table.Tr>
                    {isOpen ? <Table.Tr><Table.Td colSpan={7}><RevisionChanges number={revision.number} /></Table.Td></Table.Tr> : null}
                  </Fragment>
                );
              })}
            </Table.Tbody>
          </Table>
        </div>
      ) : null}
      <RestoreDialog revision={restoring} onClose={() => setRestoring(undefined)} />
    </Page>
  );
}

const SIGNS = { Added: '+', Changed: '~', Removed: '−' } as const;
const SHOWN = 3;

function Touched({ changes }: { changes: Revision['changes'] }) {
  const shown = changes.slice(0, SHOWN).map(({ policy, change }) => (
    <div key={policy} title={change}>
      <span className="mono quiet" aria-label={change} role="img">{SIGNS[change]}</span> {policy}
    </div>
  ));
  return <>{shown}{changes.length > SHOWN ? <div className="quiet">and {changes.length - SHOWN} more</div> : null}</>;
}

function RestoreDialog({ revision, onClose }: { revision: Revision | undefined; onClose: () => void }) {
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: restoreRevision,
    onSuccess: async (made, number) => {
      notifications.show({ message: `Restored revision ${number} as revision ${made.number}; nodes are being told.`, color: 'teal' });
      close();
      await client.invalidateQueries();
    },
  });
  const close = () => {
    restore.reset();
    onClose();
  };
  return (
    <Modal opened={revision !== undefined} onClose={close} title={`Restore revision ${revision?.number ?? ''}?`} centered>
      <Stack gap="md">
        <Text size="sm">
          The whole policy set becomes what it was then, as a new revision. Policies created since then are removed; later
          revisions stay in this list.
        </Text>
        {restore.isError ? <Failure error={restore.error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>Cancel</Button>
          <Button loading={restore.isPending} onClick={() => revision !== undefined && restore.mutate(revision.number)}>Restore</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
