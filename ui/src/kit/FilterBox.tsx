import { CloseButton, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import { Icon } from './icons';

interface FilterBoxProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
}

/** A text filter; "/" puts the cursor into it, Escape empties it. */
export function FilterBox({ value, onChange, label }: FilterBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      type="search"
      size="xs"
      w={320}
      aria-label={label}
      placeholder={`${label}  ( / )`}
      value={value}
      leftSection={<Icon name="search" size={14} />}
      rightSection={value === '' ? null : <CloseButton size="xs" aria-label="Clear the filter" onClick={() => onChange('')} />}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onChange('');
      }}
    />
  );
}

/** Every word of the filter must occur in one of the texts. */
export function matchesFilter(filter: string, texts: readonly string[]): boolean {
  const haystack = texts.join('\n').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
