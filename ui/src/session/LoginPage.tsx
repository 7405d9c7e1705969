import { Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ApiError } from '../api/http';
import { keys, logIn } from '../api/queries';
import { Failure } from '../kit/Page';
import classes from './LoginPage.module.css';

export function LoginPage() {
  useDocumentTitle('Log in · Shunt');
  const client = useQueryClient();
  const [username, setUsername] = useState('admin');
  const [password, setPassword] = useState('');
  const login = useMutation({
    mutationFn: () => logIn(username, password),
    onSuccess: (session) => client.setQueryData(keys.session, session),
  });
  const wrong = login.error instanceof ApiError && login.error.status === 401;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };

  return (
    <main className={classes.page}>
      <Paper component="form" withBorder p="xl" className={classes.card} onSubmit={submit}>
        <Stack gap="md">
          <div className={classes.brand}>
            <img src="/shunt.svg" alt="" width={36} height={36} />
            <div>
              <Title order={1}>Shunt</Title>
              <Text size="sm" className="quiet">Sidecar traffic, straight from socket to socket</Text>
            </div>
          </div>
          <TextInput label="User name" name="username" autoComplete="username" required withAsterisk={false} value={username} onChange={(event) => setUsername(event.currentTarget.value)} />
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={wrong ? 'User name or password is wrong.' : undefined}
            visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the password' }}
          />
          {login.isError && !wrong ? <Failure error={login.error} /> : null}
          <Button type="submit" loading={login.isPending} fullWidth>Log in</Button>
          <Text size="xs" className="quiet">
            The first start of the control plane prints the password of <span className="mono">admin</span> once, in its log.
          </Text>
        </Stack>
      </Paper>
    </main>
  );
}
