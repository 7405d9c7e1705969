import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { validate } from '../api/queries';
import type { Problem } from '../api/types';
import { syntaxProblems } from '../yaml/syntax';

const QUIET_MILLIS = 300;
const NONE: readonly Problem[] = [];

export type Verdict = 'checking' | 'valid' | 'invalid' | 'unknown';

export interface ValidationResult {
  verdict: Verdict;
  problems: readonly Problem[];
  error: Error | null;
}

/** The server's judgement of a text, a moment after the typing stopped. Syntax errors are told at once. */
export function useValidation(text: string): ValidationResult {
  const syntax = useMemo(() => syntaxProblems(text), [text]);
  const [quiet] = useDebouncedValue(text, QUIET_MILLIS);
  const validation = useQuery({
    queryKey: ['validation', quiet],
    queryFn: ({ signal }) => validate(quiet, signal),
    enabled: syntax.length === 0,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
  if (syntax.length > 0) return { verdict: 'invalid', problems: syntax, error: null };
  if (validation.isError) return { verdict: 'unknown', problems: NONE, error: validation.error };
  const problems = validation.data?.problems ?? NONE;
  if (quiet !== text || validation.isPlaceholderData || validation.isPending) return { verdict: 'checking', problems, error: null };
  return { verdict: validation.data.valid ? 'valid' : 'invalid', problems, error: null };
}
