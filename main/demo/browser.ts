import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, CONTRACT, type Desk, isMethod, type Method } from "../../shared/ipc/contract.ts";
import { METHODS } from "../../shared/ipc/methods.ts";
import { CONTENT_SECURITY_POLICY, SECURITY_HEADERS, type ServedFile } from "../app/files.ts";

/**
 * The windows in a browser of this machine, for the demo alone: no part of any package. Loopback only; a token in the address, good for
 * one use, is exchanged for a cookie; Host (against rebinding of names) and Origin (against other pages) are checked at every request.
 */

const COOKIE = "sanaq-demo";
/** Longest request that is read, in bytes. */
const MAX_REQUEST = 1_048_576;

const HEADERS = {
  ...SECURITY_HEADERS,
  "content-security-policy": CONTENT_SECURITY_POLICY.replace("connect-src 'none'", "connect-src 'self'"),
  "cross-origin-resource-policy": "same-origin",
};

/** Stands in for the preload: the same methods, by name, over HTTP. Copying is the browser's own. */
const BRIDGE = `"use strict";
const down = () => ({ ok: false, error: { type: "engine-down", values: {} } });
const call = (method, input) =>
  fetch("/call", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ method, input }) })
    .then((response) => (response.ok ? response.json() : down()), down);
window.sanaq = Object.freeze({
  ...Object.fromEntries(${JSON.stringify(METHODS)}.map((method) => [method, (input) => call(method, input)])),
  copy: ({ text }) => navigator.clipboard.writeText(text).then(() => ({ ok: true, value: null }), down),
  onSnapshot: (take) => {
    const source = new EventSource("/snapshots");
    source.onmessage = ({ data }) => take(JSON.parse(data));
    return () => source.close();
  },
});
`;

export interface BrowserDemo {
  /** The address with the token, to be opened once. */
  readonly address: string;
  readonly origin: string;
  close(): Promise<void>;
}

/** Says nothing by its time about where two words differ. */
function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function cookieOf(request: IncomingMessage): string {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === COOKIE) return value ?? "";
  }
  return "";
}

/** The body of a request; null where it is longer than it may be. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_REQUEST) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parsed(text: string): { readonly method?: unknown; readonly input?: unknown } | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** The same checks as between a window and its host: name and input before, output after. */
async function answerTo(desk: Desk, text: string): Promise<Answer<Method>> {
  const refusal = { ok: false, error: { type: "bad-request", values: {} } } as const;
  const asked = parsed(text);
  if (asked === null || !isMethod(asked.method)) return refusal;
  const input = CONTRACT[asked.method].input.safeParse(asked.input);
  if (!input.success) return refusal;
  const answer = await desk.call(asked.method, input.data as never);
  if (!answer.ok) return answer;
  return { ok: true, value: CONTRACT[asked.method].output.parse(answer.value) as never };
}

/** Serves the windows' files and the desk on a free port of 127.0.0.1. */
export async function serveBrowser(desk: Desk, files: ReadonlyMap<string, ServedFile>): Promise<BrowserDemo> {
  let token: string | null = randomBytes(32).toString("base64url");
  const cookie = randomBytes(32).toString("base64url");
  let host = "";

  function end(
    response: ServerResponse,
    status: number,
    more: Readonly<Record<string, string>> = {},
  ): undefined {
    response.writeHead(status, { ...HEADERS, ...more }).end();
  }

  function send(response: ServerResponse, type: string, bytes: string | Uint8Array): undefined {
    response.writeHead(200, { ...HEADERS, "content-type": type }).end(bytes);
  }

  /** Whether a request is addressed to us and no other page has sent it. */
  function isOurs(request: IncomingMessage): boolean {
    const { origin } = request.headers;
    if (request.headers.host !== host) return false;
    return origin === undefined ? request.method === "GET" : origin === `http://${host}`;
  }

  function exchange(response: ServerResponse, given: string): undefined {
    if (token === null || !same(token, given)) return end(response, 403);
    token = null;
    end(response, 303, {
      location: "/",
      "set-cookie": `${COOKIE}=${cookie}; HttpOnly; SameSite=Strict; Path=/`,
    });
  }

  function stream(response: ServerResponse): undefined {
    response.writeHead(200, { ...HEADERS, "content-type": "text/event-stream" });
    const stop = desk.subscribe((snapshot) => void response.write(`data: ${JSON.stringify(snapshot)}\n\n`));
    response.once("close", stop);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<undefined> {
    const url = new URL(request.url ?? "/", `http://${host}`);
    const given = url.searchParams.get("token");
    if (!isOurs(request)) return end(response, 403);
    if (given !== null && request.method === "GET") return exchange(response, given);
    if (!same(cookieOf(request), cookie)) return end(response, 403);
    if (request.method === "POST" && url.pathname === "/call") {
      const text = await bodyOf(request);
      if (text === null) return end(response, 413, { connection: "close" });
      return send(response, "application/json", JSON.stringify(await answerTo(desk, text)));
    }
    if (request.method !== "GET") return end(response, 405);
    if (url.pathname === "/snapshots") return stream(response);
    if (url.pathname === "/bridge.js") return send(response, "text/javascript; charset=utf-8", BRIDGE);
    const file = files.get(url.pathname === "/" ? "/index.html" : url.pathname);
    if (file === undefined) return end(response, 404);
    if (url.pathname !== "/" && url.pathname !== "/index.html") return send(response, file.type, file.bytes);
    const page = Buffer.from(file.bytes).toString("utf8");
    send(response, file.type, page.replace("<head>", '<head><script src="/bridge.js"></script>'));
  }

  const server = createServer((request, response) => {
    take(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address: `http://${host}/?token=${token}`,
    origin: `http://${host}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
