import { Fieldset, Input, SegmentedControl, Select, SimpleGrid, Stack, TagsInput, Text, TextInput } from '@mantine/core';
import { useId } from 'react';
import type { Problem } from '../api/types';
import type { Path } from '../yaml/edit';
import { DEFAULTS } from './defaults';
import { listOrNothing, numberOrText, pairsOrNothing, type Draft } from './draft';
import { messagesAt } from './fields';
import { SelectorRows } from './SelectorRows';
import { TestRows } from './TestRows';
import classes from './PolicyForm.module.css';

export interface FormProps {
  draft: Draft;
  problems: readonly Problem[];
  /** Writes one value into the text; `undefined` removes it, so that the default holds. */
  onEdit: (path: Path, value: unknown) => void;
}

/** The policy as fields. It keeps nothing of its own: every field shows what the text says and edits the text. */
export function PolicyForm({ draft, problems, onEdit, isNew }: FormProps & { isNew: boolean }) {
  const at = (path: string) => ({
    error: messagesAt(problems, path, 'Error'),
    warning: messagesAt(problems, path, 'Warning'),
  });

  return (
    <Stack gap="sm" className={classes.form}>
      <Fieldset legend="Policy">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput
            label="Name"
            description={isNew ? 'A DNS label, unique: a-z, 0-9 and -' : 'Fixed: other tools refer to it'}
            readOnly={!isNew}
            autoFocus={isNew}
            value={draft.name}
            error={at('metadata.name').error}
            onChange={(event) => onEdit(['metadata', 'name'], event.currentTarget.value)}
          />
          <Tags
            label="Labels"
            description="For filters, such as team=payments"
            value={draft.labels}
            {...at('metadata.labels')}
            onChange={(pairs) => onEdit(['metadata', 'labels'], pairsOrNothing(pairs))}
          />
        </SimpleGrid>
      </Fieldset>

      <Fieldset legend="Decision">
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm">
          <Choice label="Action" options={['Accelerate', 'Bypass']} value={draft.action || DEFAULTS.action} {...at('spec.action')} onChange={(value) => onEdit(['spec', 'action'], value)} />
          <Choice label="Mode" options={['Enforce', 'Observe']} value={draft.mode || DEFAULTS.mode} {...at('spec.mode')} onChange={(value) => onEdit(['spec', 'mode'], value)} />
          <Quantity label="Priority" description="0 to 65535; the higher one wins" fallback={DEFAULTS.priority} value={draft.priority} {...at('spec.priority')} onChange={(value) => onEdit(['spec', 'priority'], value)} />
        </SimpleGrid>
        <Text size="xs" className="quiet" mt={6}>{sentence(draft)}</Text>
      </Fieldset>

      <Fieldset legend="Sockets it matches">
        <Text size="xs" className="quiet" mb="xs">Any entry of a field, and all fields together. An empty field matches anything.</Text>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <Tags label="Ports" description="Server port as this socket sees it: 8080 or 15000-15010" value={draft.ports} {...at('spec.match.ports')} onChange={(list) => onEdit(['spec', 'match', 'ports'], listOrNothing(list))} />
          <Tags label="Cgroups" description="/kubepods.slice/** – * is one level, ** any depth" value={draft.cgroups} {...at('spec.match.cgroups')} onChange={(list) => onEdit(['spec', 'match', 'cgroups'], listOrNothing(list))} />
          <Tags label="Clients" description="Addresses of the connecting end, as CIDR" value={draft.clients} {...at('spec.match.clients')} onChange={(list) => onEdit(['spec', 'match', 'clients'], listOrNothing(list))} />
          <Tags label="Servers" description="Addresses of the accepting end, as CIDR" value={draft.servers} {...at('spec.match.servers')} onChange={(list) => onEdit(['spec', 'match', 'servers'], listOrNothing(list))} />
        </SimpleGrid>
      </Fieldset>

      <Fieldset legend="Nodes that carry it">
        <Tags
          label="With all of these labels"
          description="pool=edge; leave empty for every node"
          value={draft.matchLabels}
          {...at('spec.nodes.matchLabels')}
          onChange={(pairs) => onEdit(['spec', 'nodes', 'matchLabels'], pairsOrNothing(pairs))}
        />
        <SelectorRows draft={draft} problems={problems} onEdit={onEdit} />
      </Fieldset>

      <Fieldset legend="How connections join">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <Choice
            label="Enrolment"
            options={['Settled', 'Handshake']}
            value={draft.enrolment || DEFAULTS.enrolment}
            {...at('spec.enrolment')}
            onChange={(value) => onEdit(['spec', 'enrolment'], value)}
            description={draft.enrolment === 'Handshake' ? 'From the first byte; only for workloads known to be safe' : 'Once a connection has proven safe; short ones pay nothing'}
          />
          <Choice
            label="Blocking sockets"
            options={['Exclude', 'Accept']}
            value={draft.blockingSockets || DEFAULTS.blockingSockets}
            {...at('spec.blockingSockets')}
            onChange={(value) => onEdit(['spec', 'blockingSockets'], value)}
            description={draft.blockingSockets === 'Accept' ? 'Their owner agrees to small differences on reset and half-close' : 'They stay with TCP: no application can tell'}
          />
          <Quantity label="Backlog, bytes" description="Queued per direction before TCP takes over" fallback={DEFAULTS.backlogBytes} value={draft.backlogBytes} {...at('spec.limits.backlogBytes')} onChange={(value) => onEdit(['spec', 'limits', 'backlogBytes'], value)} />
          <Quantity label="Backlog, messages" description="The same in messages: tiny ones cost memory" fallback={DEFAULTS.backlogMessages} value={draft.backlogMessages} {...at('spec.limits.backlogMessages')} onChange={(value) => onEdit(['spec', 'limits', 'backlogMessages'], value)} />
        </SimpleGrid>
      </Fieldset>

      <Fieldset legend="Tests">
        <TestRows draft={draft} problems={problems} onEdit={onEdit} />
      </Fieldset>
    </Stack>
  );
}

function sentence({ action, mode }: Draft): string {
  if (action === 'Bypass') return 'Sockets that match stay with TCP, an exception to policies of lower priority.';
  if (mode === 'Observe') return 'Counts the connections that would be accelerated, and touches none.';
  return 'Joins connections whose two ends both match an Accelerate policy.';
}

interface FieldProps {
  label: string;
  description?: string;
  error: string | undefined;
  warning: string | undefined;
}

/** A number, maybe with a unit. Emptied, its line stays while the field is in use, so that retyping keeps a comment there. */
function Quantity({ label, description, fallback, value, error, warning, onChange }: FieldProps & { fallback: string; value: string; onChange: (value: number | string | null | undefined) => void }) {
  return (
    <div>
      <TextInput
        label={label}
        description={description}
        placeholder={fallback}
        value={value}
        error={error}
        onChange={(event) => onChange(numberOrText(event.currentTarget.value) ?? null)}
        onBlur={() => value === '' && onChange(undefined)}
      />
      <Warning text={warning} />
    </div>
  );
}

/** A list of words. Enter, comma, blank or leaving the field takes a word over. */
function Tags({ label, description, value, error, warning, onChange }: FieldProps & { value: string[]; onChange: (list: string[]) => void }) {
  return (
    <div>
      <TagsInput label={label} description={description} value={value} error={error} onChange={onChange} splitChars={[',', ' ']} acceptValueOnBlur />
      <Warning text={warning} />
    </div>
  );
}

function Choice({ label, description, options, value, error, warning, onChange }: FieldProps & { options: string[]; value: string; onChange: (value: string) => void }) {
  const id = useId();
  // A word the form does not know stays visible, as a list that can be changed, beside the server's objection.
  if (!options.includes(value)) {
    return <Select label={label} description={description} data={[...options, value]} value={value} error={error} onChange={(next) => next !== null && onChange(next)} />;
  }
  return (
    <div>
      <Input.Label id={id} labelElement="div">{label}</Input.Label>
      <SegmentedControl aria-labelledby={id} size="xs" fullWidth mt={4} data={options} value={value} onChange={onChange} />
      {description === undefined ? null : <Text size="xs" className="quiet" mt={4}>{description}</Text>}
      {error === undefined ? null : <Text size="xs" className="field-error" mt={4} role="alert">{error}</Text>}
      <Warning text={warning} />
    </div>
  );
}

function Warning({ text }: { text: string | undefined }) {
  return text === undefined ? null : <Text size="xs" className="field-warning" mt={4}>Warning: {text}</Text>;
}
