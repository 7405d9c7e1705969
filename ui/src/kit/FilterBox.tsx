import { CloseButton, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { Icon } from './icons';

interface FilterBoxProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
}

/** A text filter, whose value lives somewhere slower than the typing: in the address. "/" puts the cursor into it, Escape empties it. */
export function FilterBox({ value, onChange, label }: FilterBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  const [focused, setFocused] = useState(false);
  // A link or the back button changed it. What was typed here arrives too, late, and must not undo later keys.
  if (known !== value) {
    setKnown(value);
    if (!focused) setTyped(value);
  }
  const change = (text: string) => {
    setTyped(text);
    onChange(text);
  };
  useHotkeys([['/', () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      type="search"
      size="xs"
      w={320}
      aria-label={label}
      placeholder={`${label}  ( / )`}
      value={typed}
      leftSection={<Icon name="search" size={14} />}
      rightSection={typed === '' ? null : <CloseButton size="xs" aria-label="Clear the filter" onClick={() => change('')} />}
      onChange={(event) => change(event.currentTarget.value)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') change('');
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
