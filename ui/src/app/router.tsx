import type { QueryClient } from '@tanstack/react-query';
import { createRootRouteWithContext, createRoute, createRouter, lazyRouteComponent, redirect, type RouterHistory } from '@tanstack/react-router';
import { ExplainPage, explainSearch } from '../explain/ExplainPage';
import { Failure, Loading, Page } from '../kit/Page';
import { NodePage } from '../nodes/NodePage';
import { NodesPage, nodesSearch } from '../nodes/NodesPage';
import { PoliciesPage, policiesSearch } from '../policies/PoliciesPage';
import { WhyPage, whySearch } from '../reasons/WhyPage';
import { RevisionsPage, revisionsSearch } from '../revisions/RevisionsPage';
import { NotFound } from './NotFound';
import { Root } from './Root';

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Root, notFoundComponent: NotFound });

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/policies' });
  },
});
const policies = createRoute({ getParentRoute: () => root, path: '/policies', validateSearch: policiesSearch, component: PoliciesPage });
// The editor brings CodeMirror, as much code as all the rest: it is loaded when first opened.
const policy = createRoute({
  getParentRoute: () => root,
  path: '/policies/$name',
  // The line that another page talks about.
  validateSearch: (search: Record<string, unknown>): { at?: string } => (typeof search['at'] === 'string' ? { at: search['at'] } : {}),
  component: lazyRouteComponent(() => import('../policies/PolicyEditorPage'), 'EditPolicyPage'),
});
// Not /policies/new: "new" is a name a policy may have.
const newPolicy = createRoute({
  getParentRoute: () => root,
  path: '/new-policy',
  component: lazyRouteComponent(() => import('../policies/PolicyEditorPage'), 'NewPolicyPage'),
});
const nodes = createRoute({ getParentRoute: () => root, path: '/nodes', validateSearch: nodesSearch, component: NodesPage });
const node = createRoute({ getParentRoute: () => root, path: '/nodes/$id', component: NodePage });
const why = createRoute({ getParentRoute: () => root, path: '/why', validateSearch: whySearch, component: WhyPage });
const explain = createRoute({ getParentRoute: () => root, path: '/explain', validateSearch: explainSearch, component: ExplainPage });
const revisions = createRoute({ getParentRoute: () => root, path: '/revisions', validateSearch: revisionsSearch, component: RevisionsPage });

const routeTree = root.addChildren([index, policies, policy, newPolicy, nodes, node, why, explain, revisions]);

export function createAppRouter(client: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { client },
    defaultPendingComponent: () => <Loading what="page" />,
    defaultErrorComponent: ({ error, reset }) => (
      <Page title="Error">
        <Failure error={error} retry={reset} />
      </Page>
    ),
    ...(history === undefined ? {} : { history }),
  });
}

export type AppRouter = ReturnType<typeof createAppRouter>;

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter;
  }
}
