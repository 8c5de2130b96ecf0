import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { I18nProvider } from "react-aria-components";
import type { AreaName, BatchKey, Role, Snapshot } from "../shared/ipc/views.ts";
import { Frame, type Room } from "./components/Frame.tsx";
import { Announcer } from "./components/live.tsx";
import { WordsContext, words } from "./i18n.ts";
import { localeOf } from "./locale.ts";
import { BatchScreen } from "./screens/Batch.tsx";
import { LogScreen } from "./screens/Log.tsx";
import { Reconcile } from "./screens/Reconcile.tsx";
import { Send } from "./screens/Send.tsx";
import { Settings } from "./screens/Settings.tsx";
import { SetUp } from "./screens/SetUp.tsx";
import { Unload } from "./screens/Unload.tsx";
import { Unlock } from "./screens/Unlock.tsx";
import { AreasContext, call, SnapshotContext, useQuery, useSnapshotOrNothing } from "./store.ts";

const ROOM_ROLES: Readonly<Record<Room, readonly Role[]>> = {
  unload: ["employee", "administrator"],
  reconcile: ["auditor", "operator", "administrator"],
  send: ["operator", "administrator"],
  log: ["auditor", "administrator"],
  settings: ["administrator"],
};
const ROOMS = Object.keys(ROOM_ROLES) as Room[];

/** The windows as a whole: language, lock, rooms. */
export function App() {
  const snapshot = useSnapshotOrNothing();
  const language = snapshot?.session.language ?? "kk";
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  if (snapshot === null)
    return <div className="starting" role="status" aria-label={words(language).t("app.starting")} />;
  return (
    <I18nProvider locale={localeOf(language).tag}>
      <WordsContext value={words(language)}>
        <SnapshotContext value={snapshot}>
          <Announcer />
          <Door snapshot={snapshot} />
        </SnapshotContext>
      </WordsContext>
    </I18nProvider>
  );
}

function Door({ snapshot }: { readonly snapshot: Snapshot }) {
  const { state, person } = snapshot.session;
  if (state === "set-up") return <SetUp />;
  if (state === "locked" || person === null) return <Unlock />;
  const unset = snapshot.station.campaign === null || !snapshot.station.certificate;
  return <Rooms key={person.id} roles={person.roles} first={unset ? "settings" : null} />;
}

const TOUCH_INTERVAL_MS = 20_000;

/** Tells the engine that a hand moved, so that it does not lock. */
function useTouch(): void {
  useEffect(() => {
    let last = 0;
    const touch = () => {
      const now = Date.now();
      if (now - last < TOUCH_INTERVAL_MS) return;
      last = now;
      void call("touch", null);
    };
    const events = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
    for (const event of events) window.addEventListener(event, touch, { passive: true });
    return () => {
      for (const event of events) window.removeEventListener(event, touch);
    };
  }, []);
}

/** `first`: the room to begin in, where the person may enter it. */
function Rooms({ roles, first }: { readonly roles: readonly Role[]; readonly first: Room | null }) {
  useTouch();
  const rooms = ROOMS.filter((room) => ROOM_ROLES[room].some((role) => roles.includes(role)));
  const [room, setRoom] = useState<Room>(
    (first !== null && rooms.includes(first) ? first : rooms[0]) ?? "unload",
  );
  const [batch, setBatch] = useState<BatchKey | null>(null);
  const areas = useQuery("areaNames", null);
  const names = useMemo(
    () => new Map<string, AreaName>((areas.value ?? []).map((area) => [area.area, area])),
    [areas.value],
  );
  const go = useCallback((next: Room) => {
    setBatch(null);
    setRoom(next);
  }, []);
  const holder = useRef<HTMLDivElement>(null);
  const back = () => {
    setBatch(null);
    // The keyboard goes on in the table, on the row that was opened.
    requestAnimationFrame(() => holder.current?.querySelector<HTMLElement>("[role=grid]")?.focus());
  };
  return (
    <AreasContext value={names}>
      <Frame room={room} rooms={rooms} onRoom={go}>
        {room === "unload" && <Unload />}
        {room === "reconcile" && (
          <>
            <div ref={holder} hidden={batch !== null} className="room-holder">
              <Reconcile onOpen={setBatch} />
            </div>
            {batch !== null && <BatchScreen batch={batch} onOpen={setBatch} onBack={back} />}
          </>
        )}
        {room === "send" && <Send />}
        {room === "log" && <LogScreen />}
        {room === "settings" && <Settings />}
      </Frame>
    </AreasContext>
  );
}
