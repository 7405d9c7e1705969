import { Table, UnstyledButton } from '@mantine/core';
import { Icon } from './icons';
import classes from './SortHeader.module.css';

export interface Sort {
  by: string;
  descending: boolean;
}

/** As it stands in the address: `bytes` or `-bytes`. */
export function parseSort(text: string | undefined, fallback: string): Sort {
  const sort = text ?? fallback;
  return sort.startsWith('-') ? { by: sort.slice(1), descending: true } : { by: sort, descending: false };
}

interface SortHeaderProps {
  column: string;
  sort: Sort;
  onSort: (sort: string) => void;
  children: string;
  /** Numbers sort with the largest first. */
  numeric?: boolean;
}

export function SortHeader({ column, sort, onSort, children, numeric = false }: SortHeaderProps) {
  const active = sort.by === column;
  const next = active ? !sort.descending : numeric;
  return (
    <Table.Th className={numeric ? 'num' : ''} aria-sort={active ? (sort.descending ? 'descending' : 'ascending') : 'none'}>
      <UnstyledButton className={classes.button} onClick={() => onSort(next ? `-${column}` : column)}>
        {numeric ? null : children}
        <span className={active ? '' : classes.hidden}>
          <Icon name={active && sort.descending ? 'arrowDown' : 'arrowUp'} size={12} />
        </span>
        {numeric ? children : null}
      </UnstyledButton>
    </Table.Th>
  );
}

export function compare(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
}
