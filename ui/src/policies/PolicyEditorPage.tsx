import { Button } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { usePoliciesInterval } from '../api/live';
import { policiesQuery } from '../api/queries';
import { ApiError } from '../api/http';
import { Icon } from '../kit/icons';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import { useMay } from '../session/useRole';
import { RolloutBadge } from './badges';
import { DeletePolicy } from './DeletePolicy';
import { NEW_POLICY } from './draft';
import { PolicyEditor, type Base } from './PolicyEditor';
import { RecommendationPanel } from './RecommendationPanel';
import { policyQuery } from './storedPolicy';

const editRoute = getRouteApi('/policies/$name');

export function NewPolicyPage() {
  const navigate = useNavigate();
  return (
    <PolicyEditor
      title="New policy"
      base={{ text: NEW_POLICY, etag: undefined }}
      onApplied={(name) => void navigate({ to: '/policies/$name', params: { name } })}
    />
  );
}

export function EditPolicyPage() {
  const { name } = editRoute.useParams();
  const { at } = editRoute.useSearch();
  const client = useQueryClient();
  const stored = useQuery(policyQuery(name));
  // Loaded anew (key) only after an apply or on request, never below somebody who types.
  const [base, setBase] = useState<Base & { of: string }>();
  if (base === undefined || base.of !== name) {
    if (stored.isSuccess) setBase({ ...stored.data, of: name });
    else return <NotLoaded name={name} pending={stored.isPending} error={stored.error} retry={() => void stored.refetch()} />;
    return null;
  }
  return (
    <PolicyEditor
      key={base.etag}
      title={name}
      base={base}
      at={at}
      badge={<Rollout name={name} />}
      actions={<EditActions name={name} />}
      intro={<WhatWasObserved name={name} />}
      onApplied={async () => {
        const latest = await client.fetchQuery({ ...policyQuery(name), staleTime: 0 });
        setBase({ ...latest, of: name });
      }}
    />
  );
}

function NotLoaded({ name, pending, error, retry }: { name: string; pending: boolean; error: Error | null; retry: () => void }) {
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <Page title={name} lead={<Link to="/policies" className="link">All policies</Link>}>
      {pending ? <Loading what="policy" /> : null}
      {missing ? <div className="panel"><Empty title={`No policy is called ${name}`} /></div> : null}
      {error !== null && !missing ? <Failure error={error} retry={retry} /> : null}
    </Page>
  );
}

/** How far the last applied version has got, while the page is open. */
function Rollout({ name }: { name: string }) {
  const policies = useQuery({ ...policiesQuery, refetchInterval: usePoliciesInterval() });
  const policy = policies.data?.find((one) => one.metadata.name === name);
  return policy === undefined ? null : <RolloutBadge nodes={policy.status.nodes} />;
}

/** An enforcing policy shows its results in the counters; an observing one what would follow. */
function WhatWasObserved({ name }: { name: string }) {
  const policies = useQuery(policiesQuery);
  const mode = policies.data?.find((one) => one.metadata.name === name)?.spec.mode;
  return mode === 'Observe' ? <RecommendationPanel name={name} /> : null;
}

function EditActions({ name }: { name: string }) {
  const navigate = useNavigate();
  const mayDelete = useMay('editor');
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <Button size="xs" variant="default" leftSection={<Icon name="question" />} renderRoot={(props) => <Link to="/why" search={{ policy: name }} {...props} />}>
        Its connections
      </Button>
      {mayDelete ? <Button size="xs" variant="default" leftSection={<Icon name="trash" />} onClick={() => setDeleting(true)}>Delete</Button> : null}
      <DeletePolicy name={deleting ? name : undefined} onClose={() => setDeleting(false)} onDeleted={() => void navigate({ to: '/policies', ignoreBlocker: true })} />
    </>
  );
}
