import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

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
export async function badLine(
  url: string,
  blows: readonly Blow[],
  delay: () => number = () => 0,
): Promise<BadLine> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const left = [...blows];
  let since = 0;
  let struck = 0;
  let muted: ReadonlySet<Socket> = new Set();

  const look = (): void => {
    const next = left[0];
    if (next === undefined || since < next.after) return;
    left.shift();
    since = 0;
    struck++;
    if (next.what === "cut") for (const socket of open) socket.destroy();
    else if (next.what === "mute") muted = new Set(open);
    else next.what();
  };
  const pass = async (from: Socket, to: Socket, piece: (bytes: Buffer) => void): Promise<void> => {
    try {
      for await (const bytes of from) {
        const wait = delay();
        if (wait > 0) await sleep(wait);
        piece(bytes as Buffer);
        if (to.writableNeedDrain) await Promise.race([once(to, "drain"), once(to, "close")]);
      }
    } catch (error) {
      // A socket that was cut says so here; both sides learn of it by their own end.
      if (!(error instanceof Error) || !("code" in error)) throw error;
    }
    to.destroySoon();
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
    near.on("close", () => far.destroy());
    void pass(near, far, (bytes) => {
      since += bytes.length;
      far.write(bytes);
      look();
    });
    void pass(far, near, (bytes) => {
      if (!muted.has(near)) near.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const near = new URL(url);
  near.port = String(address.port);
  return {
    url: near.href,
    struck: () => struck,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
