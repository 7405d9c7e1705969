import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { forgetNode, keys } from '../api/queries';
import { Icon } from '../kit/icons';
import { Failure } from '../kit/Page';

/** For hosts that are gone: takes the node off the list and its credential away. */
export function ForgetNode({ id }: { id: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  const removal = useMutation({
    mutationFn: () => forgetNode(id),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.nodes });
      await navigate({ to: '/nodes' });
    },
  });
  return (
    <>
      <Button size="xs" variant="default" leftSection={<Icon name="trash" />} onClick={() => setOpened(true)}>Forget node…</Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`Forget ${id}?`} centered>
        <Stack gap="md">
          <Text size="sm">
            For a host that is gone. Its credential stops working; a host that still runs keeps enforcing its last policies and has to join
            again to come back.
          </Text>
          {removal.isError ? <Failure error={removal.error} /> : null}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setOpened(false)} data-autofocus>Keep it</Button>
            <Button color="red" loading={removal.isPending} onClick={() => removal.mutate()}>Forget node</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
