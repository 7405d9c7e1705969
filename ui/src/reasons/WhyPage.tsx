import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRefetchInterval } from '../api/live';
import { nodesQuery, policiesQuery } from '../api/queries';
import type { NodeInfo } from '../api/types';
import { Failure, Loading, Page } from '../kit/Page';
import { sumReasons } from './breakdown';
import { ReasonBreakdown } from './ReasonBreakdown';

export function whySearch(search: Record<string, unknown>): { node?: string; policy?: string } {
  return {
    ...(typeof search['node'] === 'string' && search['node'] !== '' ? { node: search['node'] } : {}),
    ...(typeof search['policy'] === 'string' && search['policy'] !== '' ? { policy: search['policy'] } : {}),
  };
}

const route = getRouteApi('/why');

export function WhyPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const nodes = useQuery({ ...nodesQuery, refetchInterval: useRefetchInterval('counters') });
  const policies = useQuery(policiesQuery);
  const narrow = (change: { node?: string; policy?: string }) => void navigate({ search: (old) => whySearch({ ...old, ...change }) });
  const scope = (nodes.data ?? []).filter((node) => search.node === undefined || node.id === search.node);

  return (
    <Page
      title="Why was a connection not accelerated?"
      lead="Every connection the datapath saw has exactly one verdict. This is what became of them, and what to do about it."
      actions={
        <>
          <Select
            size="xs"
            w={220}
            aria-label="Node"
            placeholder="All nodes"
            clearable
            searchable
            data={(nodes.data ?? []).map(({ id }) => id)}
            value={search.node ?? null}
            onChange={(node) => narrow({ node: node ?? '' })}
          />
          <Select
            size="xs"
            w={220}
            aria-label="Policy"
            placeholder="All policies"
            clearable
            searchable
            data={(policies.data ?? []).map(({ metadata: { name } }) => name)}
            value={search.policy ?? null}
            onChange={(policy) => narrow({ policy: policy ?? '' })}
          />
        </>
      }
    >
      {nodes.isPending ? <Loading what="counters" /> : null}
      {nodes.isError ? <Failure error={nodes.error} retry={() => void nodes.refetch()} /> : null}
      {nodes.isSuccess ? <ReasonBreakdown {...totals(scope, search.policy)} /> : null}
    </Page>
  );
}

export function totals(nodes: readonly NodeInfo[], policy: string | undefined): { accelerated: number; reasons: Record<string, number> } {
  const counters =
    policy === undefined
      ? nodes.map((node) => node.counters)
      : nodes.flatMap((node) => node.policies.filter((one) => one.name === policy));
  return {
    accelerated: counters.reduce((sum, one) => sum + one.acceleratedConnections, 0),
    reasons: sumReasons(counters.map((one) => one.reasons)),
  };
}
