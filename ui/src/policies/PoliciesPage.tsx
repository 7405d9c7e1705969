import { Button, Table, Text, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { usePoliciesInterval, useRefetchInterval } from '../api/live';
import { nodesQuery, policiesQuery } from '../api/queries';
import type { Policy } from '../api/types';
import { FilterBox, matchesFilter } from '../kit/FilterBox';
import { formatBytes, formatCount } from '../kit/format';
import { Icon } from '../kit/icons';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import { compare, parseSort, SortHeader } from '../kit/SortHeader';
import { TimeAgo } from '../kit/TimeAgo';
import { useMay } from '../session/useRole';
import { ActionBadge, ModeBadge, RolloutBadge } from './badges';
import { DeletePolicy } from './DeletePolicy';
import { totalsByPolicy, type PolicyTotals } from './totals';

export function policiesSearch(search: Record<string, unknown>): { q?: string; sort?: string } {
  return {
    ...(typeof search['q'] === 'string' && search['q'] !== '' ? { q: search['q'] } : {}),
    ...(typeof search['sort'] === 'string' ? { sort: search['sort'] } : {}),
  };
}

const route = getRouteApi('/policies');

interface Row {
  policy: Policy;
  totals: PolicyTotals | undefined;
}

const COLUMNS: Record<string, (row: Row) => string | number> = {
  name: ({ policy }) => policy.metadata.name,
  priority: ({ policy }) => policy.spec.priority,
  accelerated: ({ totals }) => totals?.acceleratedConnections ?? -1,
  bytes: ({ totals }) => totals?.redirectedBytes ?? -1,
  updated: ({ policy }) => Date.parse(policy.metadata.updateTimestamp),
};

export function PoliciesPage() {
  const { q = '', sort: sortText } = route.useSearch();
  const navigate = route.useNavigate();
  const goTo = useNavigate();
  const policies = useQuery({ ...policiesQuery, refetchInterval: usePoliciesInterval() });
  const nodes = useQuery({ ...nodesQuery, refetchInterval: useRefetchInterval('counters') });
  const mayEdit = useMay('editor');
  const [deleting, setDeleting] = useState<string>();
  useHotkeys(mayEdit ? [['n', () => void goTo({ to: '/new-policy' })]] : []);

  const sort = parseSort(sortText, '-priority');
  const onSort = (text: string) => void navigate({ search: (old) => ({ ...old, sort: text }), replace: true });
  const totals = totalsByPolicy(nodes.data ?? []);
  const value = COLUMNS[sort.by] ?? COLUMNS['name']!;
  const rows = (policies.data ?? [])
    .filter((policy) => matchesFilter(q, searchable(policy)))
    .map((policy): Row => ({ policy, totals: totals.get(policy.metadata.name) }))
    .sort((a, b) => (sort.descending ? -1 : 1) * compare(value(a), value(b)) || compare(a.policy.metadata.name, b.policy.metadata.name));

  return (
    <Page
      title="Policies"
      lead="The highest-priority policy that matches a socket decides. A connection is accelerated when both of its ends agree."
      actions={
        <>
          <FilterBox label="Filter by name, label, port, cgroup" value={q} onChange={(text) => void navigate({ search: (old) => policiesSearch({ ...old, q: text }), replace: true })} />
          {mayEdit ? (
            <Button size="xs" leftSection={<Icon name="plus" />} renderRoot={(props) => <Link to="/new-policy" {...props} />}>
              New policy
            </Button>
          ) : null}
        </>
      }
    >
      {policies.isPending ? <Loading what="policies" /> : null}
      {policies.isError ? <Failure error={policies.error} retry={() => void policies.refetch()} /> : null}
      {policies.isSuccess && policies.data.length === 0 ? (
        <div className="panel">
          <Empty title="No policy yet, so nothing is accelerated">
            <Text size="sm" className="quiet">A first policy can be in Observe mode: it shows what it would do and touches nothing.</Text>
            {mayEdit ? <Button size="xs" mt="xs" renderRoot={(props) => <Link to="/new-policy" {...props} />}>Create the first policy</Button> : null}
          </Empty>
        </div>
      ) : null}
      {policies.isSuccess && policies.data.length > 0 ? (
        <div className="panel scroll-x">
          <Table aria-label="Policies">
            <Table.Thead>
              <Table.Tr>
                <SortHeader column="name" sort={sort} onSort={onSort}>Name</SortHeader>
                <Table.Th>Action</Table.Th>
                <Table.Th>Mode</Table.Th>
                <SortHeader column="priority" sort={sort} onSort={onSort} numeric>Priority</SortHeader>
                <Table.Th>Ports</Table.Th>
                <Table.Th>Cgroups</Table.Th>
                <Table.Th>Enrolment</Table.Th>
                <Table.Th>Rollout</Table.Th>
                <SortHeader column="accelerated" sort={sort} onSort={onSort} numeric>Accelerated</SortHeader>
                <SortHeader column="bytes" sort={sort} onSort={onSort} numeric>Redirected</SortHeader>
                <SortHeader column="updated" sort={sort} onSort={onSort} numeric>Updated</SortHeader>
                <Table.Th><span className="visually-hidden">Actions</span></Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => <PolicyRow key={row.policy.metadata.name} row={row} onDelete={mayEdit ? setDeleting : undefined} />)}
            </Table.Tbody>
          </Table>
          {rows.length === 0 ? <Empty title={`No policy matches “${q}”`} /> : null}
        </div>
      ) : null}
      <DeletePolicy name={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  );
}

function PolicyRow({ row: { policy, totals }, onDelete }: { row: Row; onDelete: ((name: string) => void) | undefined }) {
  const { metadata, spec, status } = policy;
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/policies/$name" params={{ name: metadata.name }} className="link nowrap">{metadata.name}</Link>
        <Text size="xs" className="quiet mono">{pairs(metadata.labels)}</Text>
      </Table.Td>
      <Table.Td><ActionBadge action={spec.action} /></Table.Td>
      <Table.Td><ModeBadge mode={spec.mode} /></Table.Td>
      <Table.Td className="num">{spec.priority}</Table.Td>
      <Table.Td><Few values={spec.match.ports} /></Table.Td>
      <Table.Td><Few values={spec.match.cgroups} /></Table.Td>
      <Table.Td>{spec.enrolment}</Table.Td>
      <Table.Td><RolloutBadge nodes={status.nodes} /></Table.Td>
      <Table.Td className="num">
        <Link to="/why" search={{ policy: metadata.name }} className="link">{formatCount(totals?.acceleratedConnections)}</Link>
      </Table.Td>
      <Table.Td className="num">{formatBytes(totals?.redirectedBytes)}</Table.Td>
      <Table.Td className="num"><TimeAgo time={metadata.updateTimestamp} /></Table.Td>
      <Table.Td className="num">
        {onDelete === undefined ? null : (
          <Button size="compact-xs" variant="subtle" color="red" aria-label={`Delete ${metadata.name}`} onClick={() => onDelete(metadata.name)}>
            <Icon name="trash" />
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** The first values of a list, and the rest on hover or focus. A dimension without values matches anything. */
function Few({ values }: { values: readonly string[] | null | undefined }) {
  if (values == null || values.length === 0) return <span className="quiet">any</span>;
  const shown = values.slice(0, 2).join(', ');
  if (values.length <= 2) return <span className="mono">{shown}</span>;
  return (
    <Tooltip label={values.join(', ')} multiline maw={420}>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the tooltip must be reachable by keyboard */}
      <span className="mono" tabIndex={0}>{shown} +{values.length - 2}</span>
    </Tooltip>
  );
}

function pairs(map: Record<string, string>): string {
  return Object.entries(map).map(([key, value]) => `${key}=${value}`).join(' ');
}

function searchable({ metadata, spec }: Policy): string[] {
  return [
    metadata.name,
    pairs(metadata.labels),
    spec.action,
    spec.mode,
    spec.enrolment,
    ...(spec.match.ports ?? []),
    ...(spec.match.cgroups ?? []),
    ...(spec.match.clients ?? []),
    ...(spec.match.servers ?? []),
  ];
}
