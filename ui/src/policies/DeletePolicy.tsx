import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { deletePolicy, keys } from '../api/queries';
import { Failure } from '../kit/Page';

/** Asks before a policy goes; open while there is a name. */
export function DeletePolicy({ name, onClose, onDeleted }: { name: string | undefined; onClose: () => void; onDeleted?: () => void }) {
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: deletePolicy,
    onSuccess: async (_, removed) => {
      notifications.show({ message: `Deleted ${removed}. Its connections go back to TCP with nothing lost.`, color: 'teal' });
      close();
      onDeleted?.();
      await client.invalidateQueries({ queryKey: keys.policies, exact: true });
    },
  });
  const close = () => {
    removal.reset();
    onClose();
  };
  return (
    <Modal opened={name !== undefined} onClose={close} title={`Delete ${name ?? 'policy'}?`} centered>
      <Stack gap="md">
        <Text size="sm">
          Connections it accelerates are handed back to TCP without losing a byte, and other policies may then match them.
          The change is a new revision: it can be undone under Revisions.
        </Text>
        {removal.isError ? <Failure error={removal.error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} data-autofocus>Keep it</Button>
          <Button color="red" loading={removal.isPending} onClick={() => name !== undefined && removal.mutate(name)}>Delete policy</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
