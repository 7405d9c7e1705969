import { Button, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ApiError } from '../api/http';
import { Notice } from './Notice';

interface PageProps {
  title: string;
  /** Stands beside the title. */
  badge?: ReactNode;
  /** One line below the title: what the page answers. */
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, badge, lead, actions, children }: PageProps) {
  useDocumentTitle(`${title} · Shunt`);
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Group gap="sm">
            <Title order={1}>{title}</Title>
            {badge}
          </Group>
          {lead === undefined ? null : <Text size="sm" className="quiet">{lead}</Text>}
        </div>
        {actions === undefined ? null : <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <Group gap="xs" role="status" p="md">
      <Loader size="xs" />
      <Text size="sm" className="quiet">Loading {what}…</Text>
    </Group>
  );
}

/** A refusal of the server in its own words, with a way to try again where that can help. */
export function Failure({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const title = error instanceof ApiError ? error.title : 'Something went wrong in the console';
  const detail = error instanceof ApiError ? error.detail : error instanceof Error ? error.message : String(error);
  return (
    <Notice tone="bad" title={title} urgent>
      {detail}
      {retry === undefined ? null : <div><Button size="xs" variant="default" mt="xs" onClick={retry}>Try again</Button></div>}
    </Notice>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py="xl" className="empty">
      <Text fw={600}>{title}</Text>
      {children}
    </Stack>
  );
}
