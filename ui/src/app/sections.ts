import type { IconName } from '../kit/icons';

export const SECTIONS = [
  { to: '/policies', word: 'Policies', icon: 'policy', hint: 'What is accelerated, and where' },
  { to: '/nodes', word: 'Nodes', icon: 'node', hint: 'Which node holds which revision, and how it fares' },
  { to: '/why', word: 'Why not?', icon: 'question', hint: 'Why connections were not accelerated' },
  { to: '/explain', word: 'Explain', icon: 'bulb', hint: 'Which policy, and which line of it, decides about a connection' },
  { to: '/revisions', word: 'Revisions', icon: 'history', hint: 'Who changed what, and how to go back' },
] as const satisfies readonly { to: string; word: string; icon: IconName; hint: string }[];
