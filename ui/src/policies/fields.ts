import type { Problem, Severity } from '../api/types';

/** What the server says about one field or anything below it, as one text for the field's error line. */
export function messagesAt(problems: readonly Problem[], path: string, severity: Severity): string | undefined {
  const messages = problems
    .filter((problem) => problem.severity === severity && isAtOrBelow(problem.path, path))
    .map((problem) => problem.message);
  return messages.length === 0 ? undefined : messages.join(' · ');
}

function isAtOrBelow(path: string, field: string): boolean {
  return path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);
}
