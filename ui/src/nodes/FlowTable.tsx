import { Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRefetchInterval } from '../api/live';
import { flowsQuery } from '../api/queries';
import type { Flow } from '../api/types';
import { FlowName } from '../kit/FlowName';
import { formatCount } from '../kit/format';
import { Empty, Failure, Loading } from '../kit/Page';
import { TimeAgo } from '../kit/TimeAgo';
import { treatment } from '../reasons/treatment';
import type { ExplainSearch } from '../explain/search';

const MOST_ROWS = 25;

/** Connections that the node reported within the last hour, matched by a policy or not. */
export function FlowTable({ node }: { node: string }) {
  const flows = useQuery({ ...flowsQuery(node), refetchInterval: useRefetchInterval('counters') });
  if (flows.isPending) return <Loading what="connections" />;
  if (flows.isError) return <Failure error={flows.error} retry={() => void flows.refetch()} />;
  const { since, truncated, items } = flows.data;
  return (
    <div className="panel scroll-x">
      {items.length === 0 ? <Empty title={since == null ? 'The node has reported no connections since the control plane started' : 'The node has no TCP connections'} /> : (
        <>
          <Table aria-label="Connections">
            <Table.Thead>
              <Table.Tr><Table.Th>Connections</Table.Th><Table.Th className="num">Open</Table.Th><Table.Th>Now</Table.Th><Table.Th>Last seen</Table.Th><Table.Th><span className="visually-hidden">More</span></Table.Th></Table.Tr>
            </Table.Thead>
            <Table.Tbody>{items.slice(0, MOST_ROWS).map((flow, index) => <Row key={index} flow={flow} />)}</Table.Tbody>
          </Table>
          {items.length > MOST_ROWS || truncated ? (
            <Text size="sm" className="quiet" p="sm">
              {items.length > MOST_ROWS ? `${formatCount(items.length - MOST_ROWS)} more kinds of connections are not shown. ` : ''}
              {truncated ? 'The node has more than it reports.' : ''}
            </Text>
          ) : null}
        </>
      )}
    </div>
  );
}

function Row({ flow }: { flow: Flow }) {
  return (
    <Table.Tr>
      <Table.Td><FlowName flow={flow} /></Table.Td>
      <Table.Td className="num">{formatCount(flow.open)}</Table.Td>
      <Table.Td>{treatment(flow)}</Table.Td>
      <Table.Td className="nowrap"><TimeAgo time={flow.lastSeen} /></Table.Td>
      <Table.Td><Explain flow={flow} /></Table.Td>
    </Table.Tr>
  );
}

/** Only a connection both of whose ends are here has two ends to explain. */
function Explain({ flow: { node, client, server } }: { flow: Flow }) {
  if (client == null || server == null) return null;
  const same = client.cgroup === server.cgroup && client.client === server.client && client.server === server.server && client.port === server.port;
  const search: ExplainSearch = {
    node,
    client: client.client,
    server: client.server,
    port: client.port,
    cgroup: client.cgroup,
    ...(same ? {} : { client2: server.client, server2: server.server, port2: server.port, cgroup2: server.cgroup }),
  };
  return <Link to="/explain" search={search} className="link">Explain</Link>;
}
