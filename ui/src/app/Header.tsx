import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme, useComputedColorScheme } from '@mantine/core';
import { spotlight } from '@mantine/spotlight';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useLiveness } from '../api/live';
import { logOut } from '../api/queries';
import type { Session } from '../api/types';
import { Icon } from '../kit/icons';
import { StatusBadge } from '../kit/StatusBadge';
import classes from './Header.module.css';
import { SECTIONS } from './sections';

export function Header({ session }: { session: Session }) {
  const client = useQueryClient();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <header className={classes.header}>
      <Link to="/policies" className={classes.brand}>
        <img src="/shunt.svg" alt="" width={22} height={22} />
        Shunt
      </Link>
      <nav aria-label="Main" className={classes.nav}>
        {SECTIONS.map(({ to, word, icon }) => (
          <Link key={to} to={to} className={classes.section} activeProps={{ 'aria-current': 'page' }}>
            <Icon name={icon} />
            {word}
          </Link>
        ))}
      </nav>
      <div className={classes.tools}>
        <LiveBadge />
        <UnstyledButton className={classes.search} onClick={() => spotlight.open()}>
          <Icon name="search" size={14} />
          <span>Go to…</span>
          <kbd className="key">Ctrl K</kbd>
        </UnstyledButton>
        <Tooltip label={`Use ${other} theme`}>
          <ActionIcon variant="subtle" color="gray" aria-label={`Use ${other} theme`} onClick={() => setColorScheme(other)}>
            <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
          </ActionIcon>
        </Tooltip>
        <Menu position="bottom-end" width={180}>
          <Menu.Target>
            <UnstyledButton className={classes.user} aria-label={`Account of ${session.username}`}>
              <Icon name="user" />
              <span>{session.username}</span>
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Role: {session.role}</Menu.Label>
            <Menu.Item leftSection={<Icon name="logout" />} onClick={() => void logOut(client)}>Log out</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </header>
  );
}

function LiveBadge() {
  return useLiveness() === 'live' ? (
    <StatusBadge tone="good" icon="bolt" hint="The server tells this page about changes as they happen.">Live</StatusBadge>
  ) : (
    <StatusBadge tone="warn" icon="clock" hint="The event stream is down; this page asks every 5 seconds.">Polling</StatusBadge>
  );
}
