import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { explainQuery, nodesQuery } from '../api/queries';
import type { ExplainRequest } from '../api/types';
import { Empty, Failure, Loading, Page } from '../kit/Page';
import classes from './Explain.module.css';
import { ExplanationView } from './ExplanationView';
import { QuestionForm } from './QuestionForm';
import { questionOf } from './search';

export { explainSearch } from './search';

const route = getRouteApi('/explain');

export function ExplainPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const nodes = useQuery(nodesQuery);
  const question = questionOf(search);
  return (
    <Page title="Explain a connection" lead="Which policy decides about a connection, and which line of it – before it exists, or while it is open.">
      <div className={classes.sides}>
        <QuestionForm key={JSON.stringify(search)} search={search} nodes={(nodes.data ?? []).map(({ id }) => id)} onAsk={(asked) => void navigate({ search: asked })} />
        {question === null ? (
          <div className="panel">
            <Empty title="Describe a connection as its sockets see it" />
          </div>
        ) : (
          <Answer question={question} />
        )}
      </div>
    </Page>
  );
}

function Answer({ question }: { question: ExplainRequest }) {
  const explanation = useQuery(explainQuery(question));
  if (explanation.isPending) return <Loading what="explanation" />;
  if (explanation.isError) return <Failure error={explanation.error} retry={() => void explanation.refetch()} />;
  return <ExplanationView explanation={explanation.data} sameEnds={question.serverEnd === null} />;
}
