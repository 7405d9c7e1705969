import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/http';
import { keys } from '../api/queries';

export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      // A session that ended shows the login, in place: the address and what it points at stay.
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) client.setQueryData(keys.session, null);
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // A refusal does not change by asking again; a lost connection may.
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      },
    },
  });
  return client;
}
