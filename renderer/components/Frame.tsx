import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { LANGUAGES } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { call, useSnapshot } from "../store.ts";
import { Icon } from "./icons.tsx";
import { JobChip } from "./Job.tsx";

export type Room = "unload" | "reconcile" | "send" | "log" | "settings";

interface FrameProps {
  readonly room: Room;
  readonly rooms: readonly Room[];
  readonly onRoom: (room: Room) => void;
  readonly children: ReactNode;
}

/** The rail on the left, the station's line at the top, and the room between them. */
export function Frame({ room, rooms, onRoom, children }: FrameProps) {
  const words = useWords();
  const { engine, unload, send } = useSnapshot();
  const badge: Partial<Record<Room, number>> = { unload: unload.today.needYou, send: send.conflicts };
  return (
    <div className="frame">
      <nav className="rail" aria-label={words.t("nav.label")}>
        <Emblem />
        {rooms.map((name) => (
          <Button
            key={name}
            className="rail-item"
            aria-current={name === room ? "page" : undefined}
            onPress={() => onRoom(name)}
          >
            <Icon name={name} size={26} />
            <span>{words.t(`nav.${name}`)}</span>
            {(badge[name] ?? 0) > 0 && <b className="rail-badge">{words.number(badge[name] ?? 0)}</b>}
          </Button>
        ))}
      </nav>
      <TopBar />
      <main className="room">
        {engine.state === "down" && (
          <p className="banner banner-call" role="alert">
            {words.t("engine.down")}
          </p>
        )}
        {engine.state === "running" && engine.restarts > 0 && (
          <p className="banner" role="status">
            {words.t("engine.restarted", { count: engine.restarts })}
          </p>
        )}
        {children}
      </main>
    </div>
  );
}

/** An eight-rayed field of cells: a census seen from above. */
export function Emblem({ size = 36 }: { readonly size?: number }) {
  return (
    <svg className="emblem" viewBox="0 0 36 36" width={size} height={size} aria-hidden="true">
      <rect x="2" y="2" width="32" height="32" rx="9" fill="currentColor" />
      <g fill="var(--accent-ink)">
        <rect x="9" y="9" width="5" height="5" rx="1" />
        <rect x="15.5" y="9" width="5" height="5" rx="1" opacity=".55" />
        <rect x="22" y="9" width="5" height="5" rx="1" />
        <rect x="9" y="15.5" width="5" height="5" rx="1" opacity=".55" />
        <path d="M18 14.8 21.2 18 18 21.2 14.8 18Z" />
        <rect x="22" y="15.5" width="5" height="5" rx="1" opacity=".55" />
        <rect x="9" y="22" width="5" height="5" rx="1" />
        <rect x="15.5" y="22" width="5" height="5" rx="1" opacity=".55" />
        <rect x="22" y="22" width="5" height="5" rx="1" />
      </g>
    </svg>
  );
}

function TopBar() {
  const words = useWords();
  const { station, centre, session } = useSnapshot();
  return (
    <header className="top" aria-label={words.t("top.label")}>
      <span className="top-station">{station.name ?? words.t("top.unnamed")}</span>
      <span className="top-campaign soft">{station.campaign?.name[words.language]}</span>
      <span className="top-space" />
      <JobChip />
      {station.freeBytes !== null && (
        <span className="soft nowrap">{words.t("top.free", { bytes: words.bytes(station.freeBytes) })}</span>
      )}
      <span className={`centre centre-${centre.state}`}>
        <CentreMark state={centre.state} />
        {words.t(`centre.${centre.state}`)}
      </span>
      <LanguageSwitch />
      {session.state === "open" && (
        <Button className="top-lock" onPress={() => void call("lock", null)}>
          <Icon name="lock" size={18} />
          <span>{words.t("top.lock")}</span>
          <span className="soft top-person">{session.person?.name}</span>
        </Button>
      )}
    </header>
  );
}

function CentreMark({ state }: { readonly state: string }) {
  return (
    <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {state === "reachable" ? (
        <circle cx="6" cy="6" r="5" fill="currentColor" />
      ) : state === "unset" || state === "unknown" ? (
        <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="2" />
      ) : (
        <path d="M6 1 11.5 11H.5Z" fill="currentColor" />
      )}
    </svg>
  );
}

/** Three languages, always in their own names, switched at once. */
export function LanguageSwitch() {
  const words = useWords();
  return (
    <div className="languages" role="group" aria-label={words.t("top.language")}>
      {LANGUAGES.map((language) => (
        <Button
          key={language}
          aria-label={`${words.t(`language.short.${language}`)} ${words.t(`language.${language}`)}`}
          aria-pressed={language === words.language}
          onPress={() => void call("setLanguage", { language })}
        >
          {words.t(`language.short.${language}`)}
        </Button>
      ))}
    </div>
  );
}
