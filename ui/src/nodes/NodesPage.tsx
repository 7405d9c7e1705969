import { Chip, Group, Pagination, Table, Text, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRefetchInterval } from '../api/live';
import { nodesQuery } from '../api/queries';
import type { NodeInfo, NodeState } from '../api/types';
import { FilterBox, matchesFilter } from '../kit/FilterBox';
import { formatBytes, formatCount, formatPercent } from '../kit/format';
import { Icon } from '../kit/icons';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import { compare, parseSort, SortHeader } from '../kit/SortHeader';
import { HealthBadge, NODE_STATES, NodeStateBadge } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import { ranked } from '../reasons/breakdown';
import { useMay } from '../session/useRole';
import { AddNode } from './AddNode';

export interface NodesSearch {
  q?: string;
  state?: NodeState;
  sort?: string;
  page?: number;
}

export function nodesSearch(search: Record<string, unknown>): NodesSearch {
  const { q, state, sort, page } = search;
  return {
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(typeof state === 'string' && state in NODE_STATES ? { state: state as NodeState } : {}),
    ...(typeof sort === 'string' ? { sort } : {}),
    ...(typeof page === 'number' && page > 1 ? { page } : {}),
  };
}

const route = getRouteApi('/nodes');
/** As many rows as a browser draws without a pause. */
const ROWS = 100;

const COLUMNS: Record<string, (node: NodeInfo) => string | number> = {
  id: (node) => node.id,
  state: (node) => NODE_STATES[node.state].rank,
  kernel: (node) => node.kernelRelease,
  agent: (node) => node.agentVersion,
  seen: (node) => Date.parse(node.lastSeen ?? '') || 0,
  live: (node) => node.counters.liveConnections ,
  accelerated: (node) => node.counters.acceleratedConnections ,
  bytes: (node) => node.counters.redirectedBytes ,
};

export function NodesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayAdd = useMay('admin');
  const nodes = useQuery({ ...nodesQuery, refetchInterval: useRefetchInterval('counters') });
  const change = (part: Record<string, unknown>) => void navigate({ search: (old) => nodesSearch({ ...old, page: 1, ...part }), replace: true });

  const all = nodes.data ?? [];
  const sort = parseSort(search.sort, 'state');
  const value = COLUMNS[sort.by] ?? COLUMNS['id']!;
  const rows = all
    .filter((node) => (search.state === undefined || node.state === search.state) && matchesFilter(search.q ?? '', searchable(node)))
    .sort((a, b) => (sort.descending ? -1 : 1) * compare(value(a), value(b)) || compare(a.id, b.id));
  const pages = Math.max(1, Math.ceil(rows.length / ROWS));
  const page = Math.min(search.page ?? 1, pages);
  const onSort = (text: string) => change({ sort: text });

  return (
    <Page
      title="Nodes"
      lead="Which node holds which revision in its kernel maps, and what it does with connections."
      actions={
        <>
          <FilterBox label="Filter by id, label, kernel, version" value={search.q ?? ''} onChange={(q) => change({ q })} />
          {mayAdd ? <AddNode /> : null}
        </>
      }
    >
      {nodes.isPending ? <Loading what="nodes" /> : null}
      {nodes.isError ? <Failure error={nodes.error} retry={() => void nodes.refetch()} /> : null}
      {nodes.isSuccess && all.length === 0 ? (
        <div className="panel">
          <Empty title="No node has joined yet">
            <Text size="sm" className="quiet">A host joins by starting the node plugin with a join token; it appears here within seconds.</Text>
          </Empty>
        </div>
      ) : null}
      {all.length > 0 ? (
        <>
          <StateFilter nodes={all} state={search.state} onChange={(state) => change({ state })} />
          <div className="panel scroll-x">
            <Table aria-label="Nodes">
              <Table.Thead>
                <Table.Tr>
                  <SortHeader column="id" sort={sort} onSort={onSort}>Node</SortHeader>
                  <SortHeader column="state" sort={sort} onSort={onSort}>State</SortHeader>
                  <Table.Th>Health</Table.Th>
                  <Table.Th className="num">Revision</Table.Th>
                  <SortHeader column="kernel" sort={sort} onSort={onSort}>Kernel</SortHeader>
                  <SortHeader column="agent" sort={sort} onSort={onSort}>Agent</SortHeader>
                  <SortHeader column="seen" sort={sort} onSort={onSort} numeric>Last seen</SortHeader>
                  <SortHeader column="live" sort={sort} onSort={onSort} numeric>Live</SortHeader>
                  <SortHeader column="accelerated" sort={sort} onSort={onSort} numeric>Accelerated</SortHeader>
                  <SortHeader column="bytes" sort={sort} onSort={onSort} numeric>Redirected</SortHeader>
                  <Table.Th>Top reason why not</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.slice((page - 1) * ROWS, page * ROWS).map((node) => <NodeRow key={node.id} node={node} />)}
              </Table.Tbody>
            </Table>
            {rows.length === 0 ? <Empty title="No node matches the filter" /> : null}
          </div>
          {pages > 1 ? (
            <Group justify="space-between">
              <Text size="sm" className="quiet">{formatCount(rows.length)} nodes</Text>
              <Pagination size="sm" total={pages} value={page} onChange={(to) => change({ page: to })} getControlProps={(control) => ({ 'aria-label': `${control} page` })} />
            </Group>
          ) : null}
        </>
      ) : null}
    </Page>
  );
}

/** Counts by state that are also the filter. */
function StateFilter({ nodes, state, onChange }: { nodes: readonly NodeInfo[]; state: NodeState | undefined; onChange: (state: string) => void }) {
  const counts = new Map<NodeState, number>();
  for (const node of nodes) counts.set(node.state, (counts.get(node.state) ?? 0) + 1);
  return (
    <Chip.Group multiple={false} value={state ?? ''} onChange={onChange}>
      <Group gap={6} role="group" aria-label="Filter by state">
        <Chip size="xs" value="">All {formatCount(nodes.length)}</Chip>
        {(Object.keys(NODE_STATES) as NodeState[])
          .filter((one) => counts.has(one) || one === state)
          .map((one) => (
            <Chip key={one} size="xs" value={one} icon={<Icon name={NODE_STATES[one].icon} size={12} />}>
              {NODE_STATES[one].word} {formatCount(counts.get(one) ?? 0)}
            </Chip>
          ))}
      </Group>
    </Chip.Group>
  );
}

function NodeRow({ node }: { node: NodeInfo }) {
  const top = ranked(node.counters.reasons)[0];
  const others = ranked(node.counters.reasons).reduce((sum, { connections }) => sum + connections, 0);
  return (
    <Table.Tr>
      <Table.Td>
        <Link to="/nodes/$id" params={{ id: node.id }} className="link">{node.id}</Link>
        <Text size="xs" className="quiet mono">{labelText(node)}</Text>
      </Table.Td>
      <Table.Td><NodeStateBadge state={node.state} /></Table.Td>
      <Table.Td><HealthBadge state={node.health.state} reasons={node.health.reasons} /></Table.Td>
      <Table.Td className="num"><RevisionPair node={node} /></Table.Td>
      <Table.Td className="mono">{node.kernelRelease || '–'}</Table.Td>
      <Table.Td className="mono">{node.agentVersion || '–'}</Table.Td>
      <Table.Td className="num"><TimeAgo time={node.lastSeen} /></Table.Td>
      <Table.Td className="num">{formatCount(node.counters.liveConnections)}</Table.Td>
      <Table.Td className="num">{formatCount(node.counters.acceleratedConnections)}</Table.Td>
      <Table.Td className="num">{formatBytes(node.counters.redirectedBytes)}</Table.Td>
      <Table.Td>
        {top === undefined ? <span className="quiet">–</span> : (
          <Tooltip label={top.reason.meaning} multiline maw={340}>
            <Link to="/nodes/$id" params={{ id: node.id }} className="link">
              {top.reason.title} <span className="quiet">{formatPercent(top.connections, others)}</span>
            </Link>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

export function RevisionPair({ node }: { node: NodeInfo }) {
  const { appliedRevision, desiredRevision } = node;
  if (appliedRevision === desiredRevision) return <>{appliedRevision}</>;
  return <Tooltip label={`${appliedRevision === 0 ? 'Enforces nothing yet' : `Enforces revision ${appliedRevision}`}; should hold ${desiredRevision}.`}><span>{appliedRevision || '–'} → {desiredRevision}</span></Tooltip>;
}

export function labelText(node: NodeInfo): string {
  return Object.entries(node.labels).map(([key, value]) => `${key}=${value}`).join(' ');
}

function searchable(node: NodeInfo): string[] {
  return [node.id, labelText(node), node.kernelRelease, node.agentVersion, NODE_STATES[node.state].word, node.health.state];
}
