import { queryOptions } from '@tanstack/react-query';
import { request } from '../api/http';
import { API, keys } from '../api/queries';

export interface StoredPolicy {
  /** As the server writes it: fields in the order of the documentation, without comments, which it does not keep. */
  text: string;
  etag: string;
}

export const policyQuery = (name: string) =>
  queryOptions({
    queryKey: keys.policy(name),
    queryFn: async ({ signal }): Promise<StoredPolicy> => {
      const { data, etag } = await request<string>(`${API}/policies/${encodeURIComponent(name)}`, { accept: 'application/yaml', signal });
      return { text: data, etag: etag ?? '' };
    },
    // Whoever is typing must not have the text replaced below the cursor.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
