import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Notice } from '../kit/Notice';
import { Failure, Loading } from '../kit/Page';
import type { Base } from './PolicyEditor';
import { policyQuery } from './storedPolicy';
import { YamlDiff } from './YamlEditor';

interface ConflictAlertProps {
  name: string;
  base: Base;
  /** Keep the own text, and apply it on the latest version. */
  onRebase: (latest: Base) => void;
  onDiscard: (latest: Base) => void;
}

/** Somebody else applied a version in between: shows what they changed, and leaves the own text as it is. */
export function ConflictAlert({ name, base, onRebase, onDiscard }: ConflictAlertProps) {
  // Under a key of its own: the editor's copy of the old version must stay what the edit started from.
  const latest = useQuery({ ...policyQuery(name), queryKey: ['policies', name, 'latest', base.etag ?? ''], staleTime: 0 });
  return (
    <Notice tone="warn" title="Somebody changed this policy meanwhile" urgent>
      {latest.isPending ? <Loading what="the latest version" /> : null}
      {latest.isError ? <Failure error={latest.error} retry={() => void latest.refetch()} /> : null}
      {latest.isSuccess ? (
        <>
          <Text size="sm" mb="xs">This is what they changed. Your text below is untouched.</Text>
          <YamlDiff before={base.text} after={latest.data.text} label="What changed on the server" />
          <Group gap="xs" mt="sm">
            <Button size="xs" onClick={() => onRebase(latest.data)}>Keep my text and review it against theirs</Button>
            <Button size="xs" variant="default" onClick={() => onDiscard(latest.data)}>Take their version, discard mine</Button>
          </Group>
        </>
      ) : null}
    </Notice>
  );
}
