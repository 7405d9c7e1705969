import { Link } from '@tanstack/react-router';
import { Empty, Page } from '../kit/Page';

export function NotFound() {
  return (
    <Page title="Not found">
      <div className="panel">
        <Empty title="There is no such page">
          <Link to="/policies" className="link">Go to the policies</Link>
        </Empty>
      </div>
    </Page>
  );
}
