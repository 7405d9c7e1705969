import { Container } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { LiveUpdates } from '../api/live';
import { sessionQuery } from '../api/queries';
import { Failure, Loading } from '../kit/Page';
import { LoginPage } from '../session/LoginPage';
import { CommandPalette } from './CommandPalette';
import { Header } from './Header';
import classes from './Root.module.css';

/** Shows the login in place of whatever page was asked for, so that a deep link survives it. */
export function Root() {
  const session = useQuery(sessionQuery);
  if (session.isPending) return <main className={classes.main}><Loading what="session" /></main>;
  if (session.isError) {
    return (
      <Container component="main" size="xs" py="xl">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </Container>
    );
  }
  if (session.data === null) return <LoginPage />;
  return (
    <LiveUpdates>
      <a href="#main" className="skip">Skip to content</a>
      <Header session={session.data} />
      <main id="main" tabIndex={-1} className={classes.main}>
        <Outlet />
      </main>
      <CommandPalette />
    </LiveUpdates>
  );
}
