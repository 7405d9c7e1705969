import { ActionIcon, Button, Group, NativeSelect, TagsInput, Text, TextInput } from '@mantine/core';
import type { LabelExpression } from '../api/types';
import { Icon } from '../kit/icons';
import { listOrNothing } from './draft';
import { messagesAt } from './fields';
import type { FormProps } from './PolicyForm';

const OPERATORS: LabelExpression['operator'][] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Kubernetes' label expressions, for what plain labels cannot say. */
export function SelectorRows({ draft, problems, onEdit }: FormProps) {
  const rows = draft.matchExpressions;
  const write = (next: readonly LabelExpression[]) => onEdit(['spec', 'nodes', 'matchExpressions'], listOrNothing(next.map(spelled)));
  const change = (index: number, part: Partial<LabelExpression>) => write(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  return (
    <>
      {rows.map((row, index) => {
        const error = messagesAt(problems, `spec.nodes.matchExpressions[${index}]`, 'Error');
        return (
          <div key={index}>
            <Group gap={6} mt={6} wrap="nowrap" align="flex-start" role="group" aria-label={`Label expression ${index + 1}`}>
              <TextInput size="xs" w={160} aria-label={`Label of expression ${index + 1}`} placeholder="label" value={row.key} onChange={(event) => change(index, { key: event.currentTarget.value })} />
              <NativeSelect size="xs" w={130} aria-label={`Operator of expression ${index + 1}`} data={OPERATORS} value={row.operator} onChange={(event) => change(index, { operator: event.currentTarget.value as LabelExpression['operator'] })} />
              {takesValues(row.operator) ? (
                <TagsInput size="xs" flex={1} aria-label={`Values of expression ${index + 1}`} placeholder="values" value={row.values ?? []} splitChars={[',', ' ']} onChange={(values) => change(index, { values })} />
              ) : null}
              <ActionIcon variant="subtle" color="red" aria-label={`Remove expression ${index + 1}`} onClick={() => write(rows.filter((_, at) => at !== index))}><Icon name="trash" /></ActionIcon>
            </Group>
            {error === undefined ? null : <Text size="xs" className="field-error" role="alert">{error}</Text>}
          </div>
        );
      })}
      <Button size="compact-xs" variant="default" mt={8} leftSection={<Icon name="plus" size={12} />} onClick={() => write([...rows, { key: '', operator: 'Exists' }])}>
        Add a label expression
      </Button>
    </>
  );
}

function takesValues(operator: LabelExpression['operator']): boolean {
  return operator === 'In' || operator === 'NotIn';
}

function spelled({ key, operator, values }: LabelExpression): LabelExpression {
  return takesValues(operator) ? { key, operator, values: values ?? [] } : { key, operator };
}
