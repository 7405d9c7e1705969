import { Text, UnstyledButton } from '@mantine/core';
import type { Problem } from '../api/types';
import { Icon } from '../kit/icons';
import classes from './ProblemList.module.css';

/** Everything that is wrong at once; a click goes to the place in the text. */
export function ProblemList({ problems, onSelect }: { problems: readonly Problem[]; onSelect: (problem: Problem) => void }) {
  if (problems.length === 0) return null;
  return (
    <ul className={classes.list} aria-label="Problems">
      {problems.map((problem, index) => (
        <li key={index}>
          <UnstyledButton className={classes.problem} data-severity={problem.severity} onClick={() => onSelect(problem)}>
            <Icon name={problem.severity === 'Error' ? 'cross' : 'warning'} />
            <span>
              <span className="visually-hidden">{problem.severity}: </span>
              {problem.message}
              <Text span size="xs" className="quiet mono"> {[problem.path, problem.line == null ? '' : `line ${problem.line}`, problem.code].filter(Boolean).join(' · ')}</Text>
            </span>
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
