/** Defaults of the policy language, shown where a field is left out. */
export const DEFAULTS = {
  priority: '100',
  action: 'Accelerate',
  mode: 'Enforce',
  enrolment: 'Settled',
  blockingSockets: 'Exclude',
  backlogBytes: '16Mi',
  backlogMessages: '2048',
} as const;
