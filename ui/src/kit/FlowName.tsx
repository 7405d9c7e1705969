import { Text } from '@mantine/core';
import type { Flow } from '../api/types';

/** Connections as `client → server:port`, with the programs' cgroups below. */
export function FlowName({ flow: { client, server, node }, withNode = false }: { flow: Flow; withNode?: boolean }) {
  const any = server ?? client;
  if (any == null) return null;
  const from = client == null ? 'another host' : client.cgroup;
  const to = server == null ? 'another host' : server.cgroup;
  return (
    <>
      <span className="mono">{any.client} → {bracketed(any.server)}:{any.port}</span>
      <Text size="xs" className="quiet mono">{from === to ? from : `${from} → ${to}`}{withNode ? ` on ${node}` : ''}</Text>
    </>
  );
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
