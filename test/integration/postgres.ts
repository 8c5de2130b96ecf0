import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import pg from "pg";
import type { PostgresServer } from "../../fixtures/postgres.ts";

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
  /** Breaks all connections; new ones work, and pass everything on. */
  cut(): void;
  close(): Promise<void>;
}

/** Puts a line in front of the server that `url` names. */
export async function wireTo(url: string): Promise<Wire> {
  const target = new URL(url);
  const open = new Set<Socket>();
  const held = new Set<"to-server" | "from-server">();
  let sent = 0;
  let alarm: { readonly at: number; readonly then: () => void } | null = null;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => open.delete(socket));
    }
    near.on("data", (bytes: Buffer) => {
      if (held.has("to-server")) return near.pause();
      sent += bytes.length;
      far.write(bytes);
      if (alarm !== null && sent >= alarm.at) {
        const { then } = alarm;
        alarm = null;
        then();
      }
      return undefined;
    });
    far.on("data", (bytes: Buffer) => {
      if (!held.has("from-server")) near.write(bytes);
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
