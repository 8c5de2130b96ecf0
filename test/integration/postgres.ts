import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import pg from "pg";
import type { PostgresServer } from "../../fixtures/postgres/server.ts";

/** An empty database of its own for one test. Value: its URL. */
export const emptyDatabase = (server: PostgresServer): Promise<string> =>
  server.createDatabase(`t_${randomBytes(6).toString("hex")}`);

/** Asks the database as an auditor would, beside the tool. */
export async function ask<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: readonly (Buffer | string | number)[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** A line to the server that can be counted, held and cut. */
export interface Wire {
  /** The database's URL over this line. */
  readonly url: string;
  /** Bytes that went to the server. */
  readonly sent: () => number;
  /** From now on nothing is passed on in this direction, and nobody is told. */
  hold(direction: "to-server" | "from-server"): void;
  /** Calls `then` once, when `bytes` went to the server since now. */
  whenSent(bytes: number, then: () => void): void;
  /** From now on what the server answers on the connections there are is lost; new ones work. */
  mute(): void;
  /** Breaks all connections; new ones work, and pass everything on. */
  cut(): void;
  close(): Promise<void>;
}

/** Puts a line in front of the server that `url` names. `delay`: milliseconds that each piece waits on its way, either way. */
export async function wireTo(url: string, delay: () => number = () => 0): Promise<Wire> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const held = new Set<"to-server" | "from-server">();
  let muted: ReadonlySet<Socket> = new Set();
  let sent = 0;
  let alarm: { readonly at: number; readonly then: () => void } | null = null;
  const passing = (from: Socket, pass: (bytes: Buffer) => void): void => {
    from.on("data", (bytes: Buffer) => {
      const wait = delay();
      if (wait <= 0) return pass(bytes);
      from.pause();
      setTimeout(() => {
        from.resume();
        pass(bytes);
      }, wait);
    });
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
    passing(near, (bytes) => {
      if (held.has("to-server")) return void near.pause();
      sent += bytes.length;
      far.write(bytes);
      if (alarm !== null && sent >= alarm.at) {
        const { then } = alarm;
        alarm = null;
        then();
      }
    });
    passing(far, (bytes) => {
      if (!held.has("from-server") && !muted.has(near)) near.write(bytes);
    });
    near.on("close", () => far.destroy());
    far.on("close", () => {
      if (!held.has("from-server")) near.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const near = new URL(url);
  near.port = String(address.port);
  const cut = () => {
    held.clear();
    for (const socket of open) socket.destroy();
  };
  return {
    url: near.href,
    sent: () => sent,
    mute: () => {
      muted = new Set(open);
    },
    hold: (direction) => void held.add(direction),
    whenSent: (bytes, then) => {
      alarm = { at: sent + bytes, then };
    },
    cut,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
