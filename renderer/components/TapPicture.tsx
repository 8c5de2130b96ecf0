import type { ReactNode } from "react";
import { useWords } from "../i18n.ts";

export type PictureKind = "tap" | "hold" | "replug";

/** What to do with the hands, in three small drawings: on the tablet, at the station, or with the cable. */
export function TapPicture({ kind }: { readonly kind: PictureKind }) {
  const { t } = useWords();
  const drawings = DRAWINGS[kind];
  return (
    <ol className="tap" data-kind={kind} aria-label={t(`${kind}.label`)}>
      {([1, 2, 3] as const).map((step) => (
        <li key={step}>
          <svg viewBox="0 0 72 64" aria-hidden="true">
            {drawings[step - 1]}
          </svg>
          <span>{t(`${kind}.${step}`)}</span>
        </li>
      ))}
    </ol>
  );
}

function Tablet({ children, x = 14 }: { readonly children?: ReactNode; readonly x?: number }) {
  return (
    <g transform={`translate(${x} 0)`}>
      <rect className="tap-body" x="2" y="2" width="40" height="60" rx="6" />
      <path className="tap-faint" d="M18 57h8" />
      {children}
    </g>
  );
}

function Finger({ x, y }: { readonly x: number; readonly y: number }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle className="tap-ring" r="7" />
      <path
        className="tap-hand"
        d="M-3 22v-6l-4-4c-1.5-2 .8-3.8 2.5-2.3L-2 12V1.5a2.3 2.3 0 0 1 4.6 0V9l6 1.5c2 .5 2.8 1.8 2.5 3.8L10 22Z"
      />
    </g>
  );
}

const unlockDrawing = (
  <Tablet>
    <path className="tap-line" d="M16 22v-4a6 6 0 0 1 11.4-2.6" />
    <rect className="tap-fill" x="13" y="22" width="18" height="13" rx="3" />
    <path className="tap-move" d="M22 51V41m0 0-4 4m4-4 4 4" />
  </Tablet>
);

/** A tablet with a cable at its foot; `away`: the plug has been drawn out. */
function Cabled({ away }: { readonly away: boolean }) {
  return (
    <>
      <g transform="translate(40 0)">
        <rect className="tap-body" x="2" y="6" width="28" height="52" rx="5" />
        <path className="tap-fill" d="M2 27h4v10H2z" />
      </g>
      <g transform={`translate(${away ? -8 : 0} 0)`}>
        <path className="tap-line" d="M2 32h10" />
        <path className="tap-plug" d="M12 25h15v14H12zM27 28h7v8h-7z" />
      </g>
      <path
        className="tap-move"
        d={away ? "M30 14H14m0 0 5-5m-5 5 5 5" : "M12 14h18m0 0-5-5m5 5-5 5"}
        transform="translate(0 -1)"
      />
    </>
  );
}

const DRAWINGS: Readonly<Record<PictureKind, readonly [ReactNode, ReactNode, ReactNode]>> = {
  tap: [
    unlockDrawing,
    <Tablet key="pull">
      <path className="tap-move" d="M22 7v9m0 0-4-4m4 4 4-4" />
      <rect className="tap-soft" x="7" y="22" width="30" height="12" rx="3" />
      <path
        className="tap-line"
        d="M11 28h19m0 0-3-2.4m3 2.4-3 2.4M17 28l4-3.4h3m-5 3.4 4 3.4h3M12.4 28a1.4 1.4 0 1 1-2.8 0 1.4 1.4 0 0 1 2.8 0"
      />
      <path className="tap-faint" d="M9 42h26M9 49h18" />
      <Finger x={31} y={31} />
    </Tablet>,
    <Tablet key="choose">
      <circle className="tap-line" cx="11" cy="14" r="2.6" />
      <path className="tap-faint" d="M18 14h16M18 50h11" />
      <circle className="tap-line" cx="11" cy="50" r="2.6" />
      <rect className="tap-soft" x="5" y="23" width="34" height="17" rx="3" />
      <circle className="tap-line" cx="11" cy="31.5" r="3.6" />
      <circle className="tap-fill" cx="11" cy="31.5" r="1.8" />
      <path className="tap-line" d="M18 31.5h8" />
      <Finger x={32} y={32} />
    </Tablet>,
  ],
  hold: [
    <g key="close">
      <rect className="tap-body" x="3" y="5" width="66" height="44" rx="5" />
      <path className="tap-line" d="M28 60h16M36 49v11" />
      <rect className="tap-soft" x="13" y="14" width="44" height="27" rx="3" />
      <path className="tap-faint" d="M19 27h20M19 34h12" />
      <path className="tap-line" d="m46 17 6 6m0-6-6 6" />
      <circle className="tap-ring" cx="49" cy="20" r="7" />
      <path className="tap-hand" d="m51 23 3 15 3.6-4.2 4.4 6.4 3.4-2.4-4.4-6.2 5.4-1Z" />
    </g>,
    <Cabled key="plug" away={false} />,
    <g key="person">
      <circle className="tap-body" cx="28" cy="21" r="10" />
      <path className="tap-body" d="M8 58c1-14 9-20 20-20s19 6 20 20Z" />
      <path className="tap-move" d="M56 14a8 8 0 0 1 0 14M50 17.500a4 4 0 0 1 0 7" />
    </g>,
  ],
  replug: [<Cabled key="away" away />, unlockDrawing, <Cabled key="back" away={false} />],
};
