import { wireTo } from "../integration/postgres.ts";

/** A line to a centre on which something happens at chosen bytes. */
export interface BadLine {
  /** The database's URL over this line. */
  readonly url: string;
  /** How often something happened. */
  readonly struck: () => number;
  close(): Promise<void>;
}

/** What happens, once each, when so many bytes have gone to the server since the one before. */
export interface Blow {
  readonly after: number;
  /** `cut`: all connections end. `mute`: what the server answers is lost from here on, until the station gives up. */
  readonly what: "cut" | "mute" | (() => void);
}

/** `delay`: milliseconds that each piece waits on its way, either way. */
export async function badLine(url: string, blows: readonly Blow[], delay?: () => number): Promise<BadLine> {
  const wire = await wireTo(url, delay);
  const left = blows.values();
  let struck = 0;
  const waitForNext = (): void => {
    const next = left.next();
    if (next.done === true) return;
    const { after, what } = next.value;
    wire.whenSent(after, () => {
      struck++;
      waitForNext();
      if (what === "cut") wire.cut();
      else if (what === "mute") wire.mute();
      else what();
    });
  };
  waitForNext();
  return { url: wire.url, struck: () => struck, close: () => wire.close() };
}
