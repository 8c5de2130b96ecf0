import type { Verdict } from "../../shared/reasons.ts";

/** Line drawings of 24 units; decorative, so always beside their word. */
const paths = {
  unload: "M12 3v11m0 0 4-4m-4 4-4-4M4 16v3a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3",
  reconcile: "M4 6h10M4 12h6M4 18h8M15 15l2.5 2.5L22 12",
  send: "M12 21V10m0 0 4 4m-4-4-4 4M4 8V5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v3",
  log: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h6M9 16h6",
  settings:
    "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM12 2.8v2.6M12 18.6v2.6M2.8 12h2.6M18.6 12h2.6M5.5 5.5l1.8 1.8M16.7 16.7l1.8 1.8M5.5 18.5l1.8-1.8M16.7 7.3l1.8-1.8",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.5 15.5 21 21",
  down: "m6 9 6 6 6-6",
  up: "m6 15 6-6 6 6",
  left: "m15 6-6 6 6 6",
  right: "m9 6 6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  save: "M12 4v10m0 0 4-4m-4 4-4-4M5 20h14",
  folder: "M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
  plus: "M12 5v14M5 12h14",
  pause: "M6.5 5h3.5v14H6.5zM14 5h3.5v14H14z",
  play: "M8 5v14l11-7z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  cable: "M9 3v5M15 3v5M7 8h10v3a5 5 0 0 1-10 0zM12 16v5",
  refresh: "M20 11a8 8 0 0 0-14.5-3.5L4 9M4 4v5h5M4 13a8 8 0 0 0 14.5 3.5L20 15M20 20v-5h-5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c.8-4 4-6 8-6s7.2 2 8 6",
  print: "M7 9V3h10v6M7 17H4v-6a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v6h-3M7 14h10v7H7z",
  drive: "M5 4h14l2 10v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-5zM3 14h18M17 17h1",
  carry: "M3 13h11m0 0-4-4m4 4-4 4M14 5h5a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-5",
  take: "M21 13H10m0 0 4-4m-4 4 4 4M10 5H5a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h5",
  table: "M4 5h16v14H4zM4 10h16M10 10v9",
  backspace: "M8 5h12v14H8l-5-7zM11 9.5l5 5M16 9.5l-5 5",
} as const;
export type IconName = keyof typeof paths;

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/**
 * A verdict's own silhouette: told apart without colour, also at 12 pixels.
 * safe: full square. to-upload: square, lower half full. on-tablet-only: ring. missing: hollow diamond.
 * conflict: triangle. refused: cross. lost-in-vpn: square with a hole. damaged: square torn in two. revoked: ring with a bar.
 */
export function VerdictMark({ verdict, size = 14 }: { readonly verdict: Verdict; readonly size?: number }) {
  return (
    <svg className={`mark mark-${verdict}`} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      {shapes[verdict]}
    </svg>
  );
}

const shapes: Readonly<Record<Verdict, React.ReactNode>> = {
  safe: <rect x="2" y="2" width="12" height="12" rx="2" fill="currentColor" />,
  "to-upload": (
    <>
      <rect x="3" y="3" width="10" height="10" rx="1.5" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M3 8h10v5H3z" fill="currentColor" />
    </>
  ),
  "on-tablet-only": <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2.4" />,
  missing: (
    <path
      d="M8 1.8 14.2 8 8 14.2 1.8 8Z"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.2"
      strokeLinejoin="round"
    />
  ),
  conflict: <path d="M8 1.5 15 14H1Z" fill="currentColor" strokeLinejoin="round" />,
  refused: (
    <path
      d="m3.2 3.2 9.6 9.6M12.8 3.2l-9.6 9.6"
      fill="none"
      stroke="currentColor"
      strokeWidth="3"
      strokeLinecap="round"
    />
  ),
  "lost-in-vpn": (
    <path
      d="M4 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2Zm4 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z"
      fill="currentColor"
      fillRule="evenodd"
    />
  ),
  damaged: <path d="M2 2h12v3L10 8 6 6.5 2 9.5ZM2 12l4-3 4 1.5L14 8v6H2Z" fill="currentColor" />,
  revoked: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" strokeWidth="2.4" />
      <path d="m4.5 4.5 7 7" stroke="currentColor" strokeWidth="2.4" />
    </>
  ),
};

export type Tone = "quiet" | "work" | "calm" | "call" | "stop";

/** The large mark of a card: circle with a check, half circle, triangle, octagon, ring. */
export function StateMark({ tone, size = 36 }: { readonly tone: Tone; readonly size?: number }) {
  return (
    <svg
      className={`state-mark tone-${tone}`}
      viewBox="0 0 36 36"
      width={size}
      height={size}
      aria-hidden="true"
    >
      {stateShapes[tone]}
    </svg>
  );
}

const stateShapes: Readonly<Record<Tone, React.ReactNode>> = {
  quiet: (
    <circle cx="18" cy="18" r="13" fill="none" stroke="currentColor" strokeWidth="3" strokeDasharray="5 5" />
  ),
  work: (
    <>
      <circle cx="18" cy="18" r="13" fill="none" stroke="currentColor" strokeWidth="3" />
      <path d="M18 8.5a9.5 9.5 0 0 1 0 19Z" fill="currentColor" />
    </>
  ),
  calm: (
    <>
      <circle cx="18" cy="18" r="15" fill="currentColor" />
      <path
        d="m11 18.5 5 5 9.5-10.5"
        fill="none"
        stroke="var(--mark-ground)"
        strokeWidth="3.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  call: (
    <>
      <path
        d="M18 3.5 34 31.5H2Z"
        fill="currentColor"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      <path d="M18 13.5v9" stroke="var(--mark-ground)" strokeWidth="3.4" strokeLinecap="round" />
      <circle cx="18" cy="27" r="2" fill="var(--mark-ground)" />
    </>
  ),
  stop: (
    <>
      <path d="M12 3h12l9 9v12l-9 9H12l-9-9V12Z" fill="currentColor" />
      <path
        d="m12.5 12.5 11 11M23.5 12.5l-11 11"
        stroke="var(--mark-ground)"
        strokeWidth="3.4"
        strokeLinecap="round"
      />
    </>
  ),
};
