import { ActionIcon, Button, NativeSelect, Table, Text, TextInput } from '@mantine/core';
import { Icon } from '../kit/icons';
import { listOrNothing, numberOrText, type TestRow } from './draft';
import { messagesAt } from './fields';
import type { FormProps } from './PolicyForm';

const COLUMNS = [
  { field: 'client', title: 'Client', width: '22%' },
  { field: 'server', title: 'Server', width: '22%' },
  { field: 'port', title: 'Port', width: 76 },
  { field: 'cgroup', title: 'Cgroup', width: undefined },
] as const;

/** Sentences about sockets that must hold; a failing one blocks the save. */
export function TestRows({ draft, problems, onEdit }: FormProps) {
  const write = (rows: readonly TestRow[]) =>
    onEdit(['spec', 'tests'], listOrNothing(rows.map((row) => ({ ...row, port: numberOrText(row.port) ?? '' }))));
  const change = (index: number, part: Partial<TestRow>) => write(draft.tests.map((row, at) => (at === index ? { ...row, ...part } : row)));
  const add = () =>
    write([...draft.tests, { client: '127.0.0.1', server: '127.0.0.1', port: draft.ports[0]?.split('-')[0] ?? '8080', cgroup: '/', expect: draft.action || 'Accelerate' }]);

  return (
    <>
      <Text size="xs" className="quiet" mb="xs">Sockets and what must happen to them, whoever edits policies later. A failing test blocks the save.</Text>
      {draft.tests.length === 0 ? null : (
        <Table aria-label="Tests" horizontalSpacing={4} verticalSpacing={3} withRowBorders={false} highlightOnHover={false} layout="fixed">
          <Table.Thead>
            <Table.Tr>
              {COLUMNS.map(({ field, title, width }) => <Table.Th key={field} w={width}>{title}</Table.Th>)}
              <Table.Th w={118}>Expect</Table.Th>
              <Table.Th w={36}><span className="visually-hidden">Remove</span></Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {draft.tests.map((row, index) => (
              <Row key={index} row={row} index={index} error={messagesAt(problems, `spec.tests[${index}]`, 'Error')} onChange={change} onRemove={() => write(draft.tests.filter((_, at) => at !== index))} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      <Button size="compact-xs" variant="default" mt={6} leftSection={<Icon name="plus" size={12} />} onClick={add}>Add a test</Button>
    </>
  );
}

interface RowProps {
  row: TestRow;
  index: number;
  error: string | undefined;
  onChange: (index: number, part: Partial<TestRow>) => void;
  onRemove: () => void;
}

function Row({ row, index, error, onChange, onRemove }: RowProps) {
  return (
    <>
      <Table.Tr>
        {COLUMNS.map(({ field, title }) => (
          <Table.Td key={field}>
            <TextInput size="xs" aria-label={`${title} of test ${index + 1}`} error={error !== undefined} value={row[field]} onChange={(event) => onChange(index, { [field]: event.currentTarget.value })} />
          </Table.Td>
        ))}
        <Table.Td>
          <NativeSelect size="xs" aria-label={`Expectation of test ${index + 1}`} data={['Accelerate', 'Bypass', 'NoMatch']} value={row.expect} onChange={(event) => onChange(index, { expect: event.currentTarget.value })} />
        </Table.Td>
        <Table.Td>
          <ActionIcon variant="subtle" color="red" aria-label={`Remove test ${index + 1}`} onClick={onRemove}><Icon name="trash" /></ActionIcon>
        </Table.Td>
      </Table.Tr>
      {error === undefined ? null : (
        <Table.Tr>
          <Table.Td colSpan={COLUMNS.length + 2} pt={0}><Text size="xs" className="field-error" role="alert">{error}</Text></Table.Td>
        </Table.Tr>
      )}
    </>
  );
}
