/** The few icons the app uses, drawn on a 24-pixel grid with the text's colour; all are decoration beside a word. */

const PATHS = {
  policy: 'M5 4h10l4 4v12H5z M15 4v4h4 M9 13h6 M9 17h6',
  node: 'M4 5h16v6H4z M4 13h16v6H4z M8 8h.01 M8 16h.01',
  question: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.7.4-1.1 1-1.1 1.8 M12 17h.01',
  history: 'M4 12a8 8 0 1 0 2.5-5.8L4 8.5 M4 4v4.5h4.5 M12 8v4.5l3 1.5',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z M15.5 15.5 20 20',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M12 2v2 M12 20v2 M2 12h2 M20 12h2 M5 5l1.4 1.4 M17.6 17.6 19 19 M5 19l1.4-1.4 M17.6 6.4 19 5',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4.5 20a7.5 7.5 0 0 1 15 0',
  check: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M8 12.2l2.8 2.8L16 9.5',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 7v5.5l3.5 2',
  cross: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M9 9l6 6 M15 9l-6 6',
  drift: 'M4 8h11l-3-3 M20 16H9l3 3',
  unplugged: 'M4 4l16 16 M9 5.5A9 9 0 0 1 20.5 9 M3.5 9A12 12 0 0 1 7 6.7 M7 13a7 7 0 0 1 4-2 M16 12.2l1 .8 M12 19h.01',
  warning: 'M12 4 2.8 20h18.4z M12 10v4.5 M12 17.3h.01',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z M12 11v5 M12 8h.01',
  bolt: 'M13 3 5 13.5h6L10 21l9-11.5h-6z',
  pass: 'M4 12h15 M14 7l5 5-5 5',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z M12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  plus: 'M12 5v14 M5 12h14',
  trash: 'M5 7h14 M10 7V4h4v3 M7 7l1 13h8l1-13 M10.5 11v5 M13.5 11v5',
  pencil: 'M4 20l1-4L16 5l3 3L8 19z M14 7l3 3',
  shield: 'M12 3 5 6v6c0 4.5 3 7.5 7 9 4-1.5 7-4.5 7-9V6z',
  gauge: 'M4.5 18a9 9 0 1 1 15 0 M12 14l4-5',
  kernel: 'M7 7h10v10H7z M10 3v4 M14 3v4 M10 17v4 M14 17v4 M3 10h4 M3 14h4 M17 10h4 M17 14h4',
  bulb: 'M9 18h6 M10 21h4 M9.5 15.5c-2-1.3-3-3-3-5a5.5 5.5 0 0 1 11 0c0 2-1 3.7-3 5z',
  logout: 'M10 4H5v16h5 M10 12h10 M16 8l4 4-4 4',
  arrowUp: 'M12 19V5 M6 11l6-6 6 6',
  arrowDown: 'M12 5v14 M6 13l6 6 6-6',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      className="icon"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
