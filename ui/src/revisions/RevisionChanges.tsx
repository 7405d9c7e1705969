import { Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { revisionDiffQuery } from '../api/queries';
import type { PolicyChange } from '../api/types';
import { formatValue } from '../kit/format';
import { Failure, Loading } from '../kit/Page';
import { StatusBadge } from '../kit/StatusBadge';

/** What a revision changed compared with the one before it. */
export function RevisionChanges({ number }: { number: number }) {
  const diff = useQuery(revisionDiffQuery(number));
  if (diff.isPending) return <Loading what="changes" />;
  if (diff.isError) return <Failure error={diff.error} retry={() => void diff.refetch()} />;
  if (diff.data.length === 0) return <Text size="sm" className="quiet">No policy changed.</Text>;
  return (
    <Stack gap="sm" py="xs">
      {diff.data.map((change) => <Change key={change.policy} change={change} />)}
    </Stack>
  );
}

function Change({ change: { policy, change, fields } }: { change: PolicyChange }) {
  return (
    <div>
      <StatusBadge tone={change === 'Added' ? 'good' : change === 'Removed' ? 'bad' : 'info'} icon={change === 'Added' ? 'plus' : change === 'Removed' ? 'trash' : 'pencil'}>{change}</StatusBadge>{' '}
      <strong>{policy}</strong>
      {fields.length === 0 ? null : (
        <Table aria-label={`Fields of ${policy} that changed`} verticalSpacing={2} withRowBorders={false} highlightOnHover={false} mt={4}>
          <Table.Thead><Table.Tr><Table.Th w={260}>Field</Table.Th><Table.Th>Before</Table.Th><Table.Th>After</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {fields.map((field) => (
              <Table.Tr key={field.path} className="mono">
                <Table.Td>{field.path}</Table.Td>
                <Table.Td>{formatValue(field.old) || '–'}</Table.Td>
                <Table.Td>{formatValue(field.new) || '–'}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </div>
  );
}
