import { Button, Code, CopyButton, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { createJoinToken } from '../api/queries';
import { Icon } from '../kit/icons';
import { Failure } from '../kit/Page';

/** Lets a new host in: makes a token that works once, and shows it with the commands that use it. */
export function AddNode() {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button size="xs" leftSection={<Icon name="plus" />} onClick={() => setOpened(true)}>Add a node…</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title="Add a node" size="lg">
        <JoinToken onDone={() => setOpened(false)} />
      </Modal>
    </>
  );
}

function JoinToken({ onDone }: { onDone: () => void }) {
  const [name, setName] = useState('');
  const creation = useMutation({ mutationFn: createJoinToken });
  const create = (event: FormEvent) => {
    event.preventDefault();
    creation.mutate(name);
  };
  if (creation.isSuccess) return <Commands secret={creation.data} onDone={onDone} />;
  return (
    <form onSubmit={create}>
      <Stack gap="md">
        <Text size="sm">A host joins with a token that is good for one node and one hour. It is shown once.</Text>
        <TextInput label="What the token is for" description="Stands in the audit log; usually the host's name" required withAsterisk={false} maxLength={64} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
        {creation.isError ? <Failure error={creation.error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>Cancel</Button>
          <Button type="submit" loading={creation.isPending}>Create token</Button>
        </Group>
      </Stack>
    </form>
  );
}

const GRPC_PORT = 9443;

function Commands({ secret, onDone }: { secret: string; onDone: () => void }) {
  const commands = `(umask 077; echo ${secret} > join-token)
shunt-node run --control-plane ${location.hostname}:${GRPC_PORT} --join-token-file join-token`;
  return (
    <Stack gap="md">
      <Text size="sm">Run this as root on the new host. It appears among the nodes within seconds; the file can go after that.</Text>
      <Code block>{commands}</Code>
      <Text size="xs" className="quiet">
        {GRPC_PORT} is the default port for nodes. Add --ca-file with your authority’s certificate, or --plaintext where the control plane allows it.
      </Text>
      <Group justify="flex-end" gap="xs">
        <CopyButton value={commands}>
          {({ copied, copy }) => <Button variant="default" onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
        <Button onClick={onDone}>Done</Button>
      </Group>
    </Stack>
  );
}
