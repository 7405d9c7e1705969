import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { logOut, nodesQuery, policiesQuery } from '../api/queries';
import { Icon } from '../kit/icons';
import { useMay } from '../session/useRole';
import { SECTIONS } from './sections';

/** Ctrl+K: every page, policy and node by name, and the few commands that have no page. */
export function CommandPalette() {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const mayEdit = useMay('editor');
  const policies = useQuery({ ...policiesQuery, staleTime: Infinity });
  const nodes = useQuery({ ...nodesQuery, staleTime: Infinity });

  const actions: SpotlightActionGroupData[] = [
    {
      group: 'Go to',
      actions: SECTIONS.map(({ to, word, icon, hint }) => ({
        id: to,
        label: word,
        description: hint,
        leftSection: <Icon name={icon} />,
        onClick: () => void navigate({ to }),
      })),
    },
    {
      group: 'Commands',
      actions: [
        ...(mayEdit ? [{ id: 'new', label: 'New policy', leftSection: <Icon name="plus" />, onClick: () => void navigate({ to: '/new-policy' }) }] : []),
        { id: 'light', label: 'Theme: light', leftSection: <Icon name="sun" />, onClick: () => setColorScheme('light') },
        { id: 'dark', label: 'Theme: dark', leftSection: <Icon name="moon" />, onClick: () => setColorScheme('dark') },
        { id: 'auto', label: 'Theme: as the system', leftSection: <Icon name="gauge" />, onClick: () => setColorScheme('auto') },
        { id: 'logout', label: 'Log out', leftSection: <Icon name="logout" />, onClick: () => void logOut(client) },
      ],
    },
    {
      group: 'Policies',
      actions: (policies.data ?? []).map(({ metadata: { name } }) => ({
        id: `policy/${name}`,
        label: name,
        leftSection: <Icon name="policy" />,
        onClick: () => void navigate({ to: '/policies/$name', params: { name } }),
      })),
    },
    {
      group: 'Nodes',
      actions: (nodes.data ?? []).map(({ id }) => ({
        id: `node/${id}`,
        label: id,
        leftSection: <Icon name="node" />,
        onClick: () => void navigate({ to: '/nodes/$id', params: { id } }),
      })),
    },
  ];

  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K']}
      tagsToIgnore={[]}
      triggerOnContentEditable
      limit={12}
      attributes={{ content: { 'aria-label': 'Go to' } }}
      scrollable
      maxHeight={420}
      nothingFound="Nothing by that name"
      searchProps={{ placeholder: 'Page, policy, node or command', 'aria-label': 'Go to', leftSection: <Icon name="search" /> }}
    />
  );
}
