import { queryOptions } from '@tanstack/react-query';
import { stringify } from 'yaml';
import { request } from '../api/http';
import { API, keys } from '../api/queries';
import type { Policy } from '../api/types';
import { editable } from './draft';

export interface StoredPolicy {
  /** What the editor starts from, with the author's comments when the server kept them. */
  text: string;
  etag: string;
}

export const policyQuery = (name: string) =>
  queryOptions({
    queryKey: keys.policy(name),
    queryFn: async ({ signal }): Promise<StoredPolicy> => {
      const { data, etag } = await request<Policy | string>(`${API}/policies/${encodeURIComponent(name)}`, { signal });
      const text = typeof data === 'string' ? data : stringify(editable(data), { lineWidth: 0 });
      return { text, etag: etag ?? '' };
    },
    // Whoever is typing must not have the text replaced below the cursor.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
