import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from '../api/queries';
import type { Role } from '../api/types';

const RANK: Record<Role, number> = { viewer: 0, editor: 1, admin: 2 };

/** Whether the person may do what a role may; the server decides in the end, this only hides what it would refuse. */
export function useMay(role: Role): boolean {
  const session = useQuery(sessionQuery);
  return session.data != null && RANK[session.data.role] >= RANK[role];
}
