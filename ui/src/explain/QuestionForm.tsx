import { Button, Checkbox, Fieldset, Select, Stack, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { explainSearch, type ExplainSearch } from './search';

interface QuestionFormProps {
  search: ExplainSearch;
  nodes: readonly string[];
  onAsk: (search: ExplainSearch) => void;
}

interface End {
  client: string;
  server: string;
  port: string;
  cgroup: string;
}

export function QuestionForm({ search, nodes, onAsk }: QuestionFormProps) {
  const [node, setNode] = useState(search.node ?? null);
  const [one, setOne] = useState<End>({ client: search.client ?? '127.0.0.1', server: search.server ?? '127.0.0.1', port: String(search.port ?? ''), cgroup: search.cgroup ?? '/' });
  const [differ, setDiffer] = useState(search.client2 !== undefined);
  const [two, setTwo] = useState<End>({ client: search.client2 ?? '', server: search.server2 ?? '', port: String(search.port2 ?? ''), cgroup: search.cgroup2 ?? '' });

  const ask = (event: FormEvent) => {
    event.preventDefault();
    onAsk(
      explainSearch({
        node: node ?? '',
        client: one.client.trim(),
        server: one.server.trim(),
        port: Number(one.port),
        cgroup: one.cgroup.trim(),
        ...(differ ? { client2: two.client.trim(), server2: two.server.trim(), port2: Number(two.port), cgroup2: two.cgroup.trim() } : {}),
      }),
    );
  };

  return (
    <form className="panel" onSubmit={ask}>
      <Stack gap="sm" p="md">
        <Select label="Node" description="Its labels decide which policies it carries" placeholder="A node without labels" clearable searchable data={[...nodes]} value={node} onChange={setNode} />
        <EndFields legend={differ ? 'As the connecting socket sees it' : 'As both sockets see it'} end={one} onChange={setOne} />
        <Checkbox
          label="The accepting socket sees something else"
          description="Behind NAT, or in another cgroup"
          checked={differ}
          onChange={(event) => {
            setDiffer(event.currentTarget.checked);
            if (event.currentTarget.checked && two.client === '') setTwo(one);
          }}
        />
        {differ ? <EndFields legend="As the accepting socket sees it" end={two} onChange={setTwo} /> : null}
        <Button type="submit">Explain</Button>
      </Stack>
    </form>
  );
}

function EndFields({ legend, end, onChange }: { legend: string; end: End; onChange: (end: End) => void }) {
  return (
    <Fieldset legend={legend} p="sm">
      <Stack gap="xs">
        <TextInput size="xs" label="Client address" required withAsterisk={false} value={end.client} onChange={(event) => onChange({ ...end, client: event.currentTarget.value })} />
        <TextInput size="xs" label="Server address" required withAsterisk={false} value={end.server} onChange={(event) => onChange({ ...end, server: event.currentTarget.value })} />
        <TextInput size="xs" label="Server port" required withAsterisk={false} inputMode="numeric" pattern="[0-9]{1,5}" value={end.port} onChange={(event) => onChange({ ...end, port: event.currentTarget.value })} />
        <TextInput size="xs" label="Cgroup of the socket" required withAsterisk={false} value={end.cgroup} onChange={(event) => onChange({ ...end, cgroup: event.currentTarget.value })} />
      </Stack>
    </Fieldset>
  );
}
