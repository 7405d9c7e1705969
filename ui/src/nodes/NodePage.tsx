import { Button, List, Table, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRefetchInterval } from '../api/live';
import { keys, nodesQuery, retryNode } from '../api/queries';
import type { NodeInfo, Rejection } from '../api/types';
import { formatBytes, formatCount } from '../kit/format';
import { Icon } from '../kit/icons';
import { Notice } from '../kit/Notice';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import { HealthBadge, NodeStateBadge } from '../kit/StatusBadge';
import { TimeAgo } from '../kit/TimeAgo';
import { ranked } from '../reasons/breakdown';
import { ReasonBreakdown } from '../reasons/ReasonBreakdown';
import { useMay } from '../session/useRole';
import { FlowTable } from './FlowTable';
import { ForgetNode } from './ForgetNode';
import classes from './NodePage.module.css';
import { labelText, RevisionPair } from './NodesPage';

const route = getRouteApi('/nodes/$id');

export function NodePage() {
  const { id } = route.useParams();
  const mayForget = useMay('admin');
  const nodes = useQuery({ ...nodesQuery, refetchInterval: useRefetchInterval('counters') });
  const node = nodes.data?.find((one) => one.id === id);
  return (
    <Page
      title={id}
      badge={node === undefined ? null : <><NodeStateBadge state={node.state} /><HealthBadge state={node.health.state} reasons={node.health.reasons} /></>}
      lead={<Link to="/nodes" className="link">All nodes</Link>}
      actions={
        <>
          <Button size="xs" variant="default" leftSection={<Icon name="bulb" />} renderRoot={(props) => <Link to="/explain" search={{ node: id }} {...props} />}>Explain a connection</Button>
          {mayForget && node !== undefined ? <ForgetNode id={id} /> : null}
        </>
      }
    >
      {nodes.isPending ? <Loading what="node" /> : null}
      {nodes.isError ? <Failure error={nodes.error} retry={() => void nodes.refetch()} /> : null}
      {nodes.isSuccess && node === undefined ? <div className="panel"><Empty title={`No node is called ${id}`} /></div> : null}
      {node === undefined ? null : <NodeDetails node={node} />}
    </Page>
  );
}

function NodeDetails({ node }: { node: NodeInfo }) {
  const { counters } = node;
  return (
    <>
      {node.rejection == null ? null : <RejectionAlert node={node} rejection={node.rejection} />}
      {node.health.reasons.length === 0 ? null : (
        <Notice tone="warn" title="What the node says about its health">
          <List size="sm">{node.health.reasons.map((reason) => <List.Item key={reason}>{reason}</List.Item>)}</List>
        </Notice>
      )}
      <dl className={`panel ${classes.facts}`}>
        <Fact name="Revision"><RevisionPair node={node} /></Fact>
        <Fact name="Last seen"><TimeAgo time={node.lastSeen} /></Fact>
        <Fact name="Kernel"><span className="mono">{node.kernelRelease || '–'}</span></Fact>
        <Fact name="Agent"><span className="mono">{node.agentVersion || '–'}</span></Fact>
        <Fact name="Open now">{formatCount(counters.liveConnections)}</Fact>
        <Fact name="Accelerated">{formatCount(counters.acceleratedConnections)}</Fact>
        <Fact name="Redirected">{formatBytes(counters.redirectedBytes)}</Fact>
        <Fact name="Messages">{formatCount(counters.redirectedMessages)}</Fact>
        <Fact name="Labels"><span className="mono">{labelText(node) || '–'}</span></Fact>
      </dl>
      <Title order={2} mt="xs">Why was a connection not accelerated?</Title>
      <ReasonBreakdown accelerated={counters.acceleratedConnections} reasons={counters.reasons} />
      <Title order={2} mt="xs">By policy</Title>
      <PolicyTable node={node} />
      <Title order={2} mt="xs">Connections within the last hour</Title>
      <FlowTable node={node.id} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function RejectionAlert({ node, rejection }: { node: NodeInfo; rejection: Rejection }) {
  const client = useQueryClient();
  const mayRetry = useMay('editor');
  const retry = useMutation({
    mutationFn: () => retryNode(node.id),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.nodes }),
  });
  return (
    <Notice tone="bad" title={`The node refused revision ${rejection.revision}`}>
      <Text size="sm" mb={4}>
        {node.appliedRevision === 0 ? 'It enforces nothing.' : `It goes on enforcing revision ${node.appliedRevision}.`} It is not asked again until
        the policies change or you retry.
      </Text>
      <List size="sm">
        {rejection.errors.map((error, index) => (
          <List.Item key={index}>
            {error.policy ? <Link to="/policies/$name" params={{ name: error.policy }} className="link">{error.policy}</Link> : 'Whole policy set'}
            {error.path ? <span className="mono"> {error.path}</span> : null}: {error.message}
            <span className="quiet mono"> {[error.code, error.errno].filter(Boolean).join(' ')}</span>
          </List.Item>
        ))}
      </List>
      {retry.isError ? <Failure error={retry.error} /> : null}
      {mayRetry ? <Button size="xs" variant="default" mt="xs" loading={retry.isPending} onClick={() => retry.mutate()}>Send it again</Button> : null}
    </Notice>
  );
}

function PolicyTable({ node }: { node: NodeInfo }) {
  const policies = [...node.policies].sort((a, b) => b.redirectedBytes - a.redirectedBytes || a.name.localeCompare(b.name));
  return (
    <div className="panel scroll-x">
      {policies.length === 0 ? <Empty title="This node has reported no policy counters yet" /> : (
        <Table aria-label="Counters by policy">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Policy</Table.Th>
              <Table.Th className="num">Accelerated</Table.Th>
              <Table.Th className="num">Not accelerated</Table.Th>
              <Table.Th className="num">Redirected</Table.Th>
              <Table.Th>Top reasons why not</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {policies.map((counters) => {
              const reasons = ranked(counters.reasons);
              return (
                <Table.Tr key={counters.name}>
                  <Table.Td><Link to="/policies/$name" params={{ name: counters.name }} className="link">{counters.name}</Link></Table.Td>
                  <Table.Td className="num">{formatCount(counters.acceleratedConnections)}</Table.Td>
                  <Table.Td className="num">{formatCount(reasons.reduce((sum, { connections }) => sum + connections, 0))}</Table.Td>
                  <Table.Td className="num">{formatBytes(counters.redirectedBytes)}</Table.Td>
                  <Table.Td>
                    <Link to="/why" search={{ node: node.id, policy: counters.name }} className="link">
                      {reasons.slice(0, 3).map(({ reason, connections }) => `${reason.title} ${formatCount(connections)}`).join(' · ') || 'None'}
                    </Link>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
