import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BrowserDemo, serveBrowser } from "../../main/demo/browser.ts";
import { Office, PIN } from "./office.ts";

/** The demo's windows in a browser: whoever has the address may work, and nobody else at this machine. */

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

let office: Office;
let served: BrowserDemo;
let cookie: string;

/** `fetch` sets Host and Origin by itself; here they are what the test says. */
function ask(
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, served.origin), { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

const call = (method: string, input: unknown, headers: Record<string, string> = {}): Promise<Reply> =>
  ask("/call", {
    method: "POST",
    headers: { cookie, origin: served.origin, ...headers },
    body: JSON.stringify({ method, input }),
  });

beforeAll(async () => {
  office = await Office.open();
  const page = new TextEncoder().encode("<!doctype html><head></head><body>the windows</body>");
  served = await serveBrowser(
    office.desk,
    new Map([["/index.html", { type: "text/html; charset=utf-8", bytes: page }]]),
  );
});
afterAll(async () => {
  await served.close();
  await office[Symbol.asyncDispose]();
});

describe("the address with its token", () => {
  it("listens to this machine alone", () => {
    expect(served.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it("is refused with a wrong token, and nothing is served without a cookie", async () => {
    for (const path of ["/?token=guess", `/?token=${"ә".repeat(43)}`, "/", "/bridge.js", "/snapshots"])
      expect((await ask(encodeURI(path))).status, path).toBe(403);
  });

  it("is exchanged once for a cookie that scripts and other sites do not get", async () => {
    const first = await ask(served.address);
    expect(first.status).toBe(303);
    const given = String(first.headers["set-cookie"]);
    expect(given).toMatch(/^sanaq-demo=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
    cookie = given.split(";")[0] ?? "";
    expect((await ask(served.address)).status).toBe(403);
  });
});

describe("whoever has the cookie", () => {
  it("gets the windows with the bridge before them, under the windows' own policy", async () => {
    const page = await ask("/", { headers: { cookie } });
    expect(page.text).toBe(
      '<!doctype html><head><script src="/bridge.js"></script></head><body>the windows</body>',
    );
    expect(page.headers["content-security-policy"]).toMatch(/default-src 'none'.*connect-src 'self'/);
    expect(page.headers["x-content-type-options"]).toBe("nosniff");
    expect((await ask("/bridge.js", { headers: { cookie } })).text).toContain("window.sanaq");
  });

  it("calls the desk's methods, with the desk's own refusals", async () => {
    const begun = await call("firstAdministrator", { name: "Айгүл", pin: PIN });
    expect(JSON.parse(begun.text)).toEqual({ ok: true, value: null });
    expect(JSON.parse((await call("settings", null)).text)).toMatchObject({ ok: true });
    for (const [method, input] of [
      ["constructor", null],
      ["setLanguage", { language: "de" }],
    ] as const)
      expect(JSON.parse((await call(method, input)).text)).toMatchObject({
        error: { type: "bad-request" },
      });
  });

  it("sees the snapshots as they come", async () => {
    const end = new AbortController();
    const response = await fetch(`${served.origin}/snapshots`, { headers: { cookie }, signal: end.signal });
    const reader = response.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    end.abort();
    const shown = JSON.parse(new TextDecoder().decode(value).replace(/^data: /, ""));
    expect(shown).toMatchObject({ session: { state: "open" } });
  });

  it("is refused under another name of the machine, from another page, and with too long a request", async () => {
    const port = new URL(served.origin).port;
    for (const host of ["evil.example", `localhost:${port}`, "127.0.0.1"])
      expect((await ask("/", { headers: { cookie, host } })).status, host).toBe(403);
    for (const origin of ["http://evil.example", "null", `http://localhost:${port}`])
      expect((await call("settings", null, { origin })).status, origin).toBe(403);
    const silent = await ask("/call", { method: "POST", headers: { cookie }, body: "{}" });
    expect(silent.status).toBe(403);
    expect((await call("setCentre", { url: "x".repeat(1_100_000) })).status).toBe(413);
  });
});
