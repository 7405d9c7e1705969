import type { ReactNode } from 'react';
import { Icon } from './icons';
import classes from './Notice.module.css';

interface NoticeProps {
  tone: 'info' | 'warn' | 'bad';
  title: string;
  children?: ReactNode;
  /** Interrupts a screen reader: for what the user has just caused, or must not miss. */
  urgent?: boolean;
}

const ICONS = { info: 'info', warn: 'warning', bad: 'cross' } as const;

export function Notice({ tone, title, children, urgent = false }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} role={urgent ? 'alert' : 'note'}>
      <div className={classes.title}>
        <Icon name={ICONS[tone]} />
        {title}
      </div>
      {children === undefined || children === null ? null : <div className={classes.body}>{children}</div>}
    </div>
  );
}
