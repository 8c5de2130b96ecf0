import { useWords } from "../i18n.tsx";

/** Three small tablets: unlock the screen, pull down and tap USB, choose file transfer. */
export function TapPicture() {
  const { t } = useWords();
  return (
    <ol className="tap" aria-label={t("tap.label")}>
      <li>
        <Tablet>
          <path className="tap-line" d="M26 25v-4a6 6 0 0 1 12 0" />
          <rect className="tap-fill" x="23" y="25" width="18" height="14" rx="3" />
          <path className="tap-move" d="M32 58V47m0 0-4 4m4-4 4 4" />
        </Tablet>
        <span>{t("tap.1")}</span>
      </li>
      <li>
        <Tablet>
          <path className="tap-move" d="M32 11v10m0 0-4-4m4 4 4-4" />
          <rect className="tap-soft" x="12" y="27" width="40" height="12" rx="3" />
          <path className="tap-line" d="M18 33h6m0 0 4-3h3m-7 3 4 3h8m-5-6a1.5 1.5 0 1 0 0-.1" />
          <Finger x={40} y={34} />
          <path className="tap-faint" d="M14 46h36M14 53h26" />
        </Tablet>
        <span>{t("tap.2")}</span>
      </li>
      <li>
        <Tablet>
          <path className="tap-faint" d="M22 17h28M22 55h22" />
          <circle className="tap-line" cx="15" cy="17" r="2.6" />
          <circle className="tap-line" cx="15" cy="55" r="2.6" />
          <rect className="tap-soft" x="9" y="27" width="46" height="17" rx="3" />
          <circle className="tap-line" cx="16" cy="35.5" r="4" />
          <circle className="tap-fill" cx="16" cy="35.5" r="2" />
          <path className="tap-line" d="M25 35.5h12" />
          <Finger x={42} y={36} />
        </Tablet>
        <span>{t("tap.3")}</span>
      </li>
    </ol>
  );
}

function Tablet({ children }: { readonly children: React.ReactNode }) {
  return (
    <svg viewBox="0 0 64 72" width="64" height="72" aria-hidden="true">
      <rect className="tap-body" x="3" y="3" width="58" height="66" rx="7" />
      {children}
    </svg>
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
