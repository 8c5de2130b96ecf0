import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StationWindows } from "../../fixtures/windows/station.ts";
import { METHODS } from "../../shared/ipc/methods.ts";

/** What a page that turned bad could try, in the real program. */

let station: StationWindows;
beforeAll(async () => {
  const opened = await StationWindows.open();
  if (opened === null) throw new Error("no Electron runtime, library or screen");
  station = opened;
}, 300_000);
afterAll(() => station?.close(), 60_000);

/** In the page. As text: the page's own policy forbids it to evaluate anything else. */
const inPage = (script: string): Promise<unknown> => station.page.evaluate(script);

describe("a page", () => {
  it("finds our methods and nothing else: no Node, no Electron, no channel", async () => {
    expect(await inPage("Object.keys(window.sanaq).sort()")).toEqual([...METHODS, "onSnapshot"].sort());
    expect(
      await inPage("[typeof require, typeof process, typeof module, typeof global, typeof Buffer].join()"),
    ).toBe("undefined,undefined,undefined,undefined,undefined");
    expect(await inPage("String(window.electron ?? window.ipcRenderer)")).toBe("undefined");
  });

  it("runs in a sandbox, isolated, without Node", async () => {
    const preferences = await station.app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): Record<string, unknown>;
      };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      webSecurity: true,
    });
  });

  it("cannot load anything that is not of the program", async () => {
    const fetched = "fetch('https://example.org/').then(() => 'loaded', () => 'refused')";
    expect(await inPage(fetched)).toBe("refused");
    const image =
      "new Promise((done) => { const one = new Image(); one.onload = () => done('loaded'); one.onerror = () => done('refused'); one.src = 'https://example.org/a.png'; })";
    expect(await inPage(image)).toBe("refused");
    const other = "fetch('app://sanaq/../../etc/passwd').then((one) => one.status, () => 'refused')";
    expect(await inPage(other)).toBe("refused");
  });

  it("is served under a policy that allows its own files alone", async () => {
    const served = await station.app.evaluate(async ({ net }) => {
      const index = await net.fetch("app://sanaq/index.html");
      const missing = await net.fetch("app://sanaq/engine-host.mjs");
      const climbed = await net.fetch("app://sanaq/%2e%2e/main.mjs");
      return {
        policy: index.headers.get("content-security-policy"),
        sniff: index.headers.get("x-content-type-options"),
        statuses: [index.status, missing.status, climbed.status],
      };
    });
    expect(served.policy).toContain("default-src 'none'");
    expect(served.policy).toContain("script-src 'self'");
    expect(served.policy).not.toContain("unsafe-eval");
    expect(served.sniff).toBe("nosniff");
    expect(served.statuses).toEqual([200, 404, 404]);
  });

  it("cannot run a script that stands in it", async () => {
    const script =
      "(() => { const one = document.createElement('script'); one.textContent = 'window.ran = true'; document.head.append(one); return window.ran === true; })()";
    expect(await inPage(script)).toBe(false);
  });

  it("cannot evaluate text as a program, later or by a callback of its own", async () => {
    // What the inspector itself evaluates passes the policy, and so does what it calls: a timer is the page's own.
    const tried =
      "new Promise((done) => setTimeout(() => { try { done(String(Function('return 1')())); } catch (error) { done(error.name); } }))";
    expect(await inPage(tried)).toBe("EvalError");
    const said =
      "new Promise((done) => setTimeout(() => { try { done(String(eval('1'))); } catch (error) { done(error.name); } }))";
    expect(await inPage(said)).toBe("EvalError");
  });

  it("takes a style of its own files, of the component library's one rule, and no other", async () => {
    const style = (text: string) =>
      `(() => { const one = document.createElement('style'); one.textContent = ${JSON.stringify(text)}; document.head.append(one); const { length } = one.sheet?.cssRules ?? []; one.remove(); return length ?? 0; })()`;
    expect(await inPage(style("body { color: red }"))).toBe(0);
    const rule =
      "@layer {\n  [data-react-aria-pressable] {\n    touch-action: pan-x pan-y pinch-zoom;\n  }\n}";
    expect(await inPage(style(rule))).toBe(1);
    expect(await inPage(style(`${rule} `))).toBe(0);
    const policy = await station.app.evaluate(async ({ net }) =>
      (await net.fetch("app://sanaq/index.html")).headers.get("content-security-policy"),
    );
    expect(policy?.split("; ").filter((one) => one.startsWith("style-src"))).toEqual([
      expect.stringMatching(/^style-src 'self' 'sha256-[A-Za-z0-9+/]{43}='$/),
      "style-src-attr 'unsafe-inline'",
    ]);
  });

  it("cannot go elsewhere, open a window, or carry a webview", async () => {
    await inPage("void (location.href = 'https://example.org/')");
    expect(await inPage("location.href")).toBe("app://sanaq/index.html");
    expect(await inPage("String(window.open('https://example.org/'))")).toBe("null");
    expect(await station.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    expect(await inPage("document.createElement('webview').constructor.name")).toBe("HTMLElement");
  });

  it("gets no permission and no device", async () => {
    const asked =
      "navigator.permissions.query({ name: 'geolocation' }).then((one) => one.state, () => 'refused')";
    expect(await inPage(asked)).toBe("denied");
    const usb =
      "navigator.usb === undefined ? 'absent' : navigator.usb.getDevices().then((all) => all.length)";
    expect(["absent", 0]).toContain(await inPage(usb));
    const chosen =
      "navigator.usb === undefined ? 'refused' : navigator.usb.requestDevice({ filters: [] }).then(() => 'given', () => 'refused')";
    expect(await inPage(chosen)).toBe("refused");
  });

  it("is refused when it calls with wrong types, and what needs a role when nobody is signed in", async () => {
    const wrong = "window.sanaq.unlock({ person: 'x', pin: 1 }).then((one) => one.error.type)";
    expect(await inPage(wrong)).toBe("bad-request");
    const extra = "window.sanaq.lock({ surprise: true }).then((one) => one.error.type)";
    expect(await inPage(extra)).toBe("bad-request");
    const locked = "window.sanaq.settings(null).then((one) => one.error.type)";
    expect(["locked", "not-allowed"]).toContain(await inPage(locked));
  });

  it("is answered in our own window alone: the same page in another one is refused", async () => {
    const preload = join(import.meta.dirname, "../../dist/app/preload.cjs");
    const answer = await station.app.evaluate(async ({ BrowserWindow }, path) => {
      const stranger = new BrowserWindow({ show: false, webPreferences: { preload: path, sandbox: true } });
      await stranger.loadURL("app://sanaq/index.html");
      const said: unknown = await stranger.webContents.executeJavaScript("window.sanaq.snapshot(null)");
      stranger.destroy();
      return said;
    }, preload);
    expect(answer).toEqual({ ok: false, error: { type: "bad-request", values: {} } });
  });
});

describe("the program", () => {
  it("runs once: a second start wakes the first and ends", async () => {
    const executable = (await station.app.evaluate(({ app }) => app.getPath("exe"))) as string;
    const profile = (await station.app.evaluate(({ app }) => app.getPath("userData"))) as string;
    const args = [
      join(import.meta.dirname, "../../dist/test/station-main.mjs"),
      `--user-data-dir=${profile}`,
    ];
    const display = (await station.app.evaluate(() => process.env.DISPLAY)) as string;
    const second = spawn(executable, [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), ...args], {
      env: {
        ...process.env,
        DISPLAY: display,
        XDG_CONFIG_HOME: join(station.folder, "config"),
        SANAQ_ROOT: join(import.meta.dirname, "../.."),
        SANAQ_TABLE: join(station.folder, "table"),
      },
      stdio: "ignore",
    });
    const exit = await new Promise((resolve) => second.once("exit", resolve));
    expect(exit).toBe(0);
  }, 60_000);

  it("as it is shipped asks Chromium for the sandbox before anything else", () => {
    const main = readFileSync(join(import.meta.dirname, "../../main/app/main.ts"), "utf8");
    const order = ["app.enableSandbox()", "runProgram({"].map((text) => main.indexOf(text));
    expect(order[0]).toBeGreaterThan(0);
    expect(order[1]).toBeGreaterThan(order[0] ?? 0);
  });

  it("ends in order where the system asks it to: the engine closes its store first", async () => {
    const journal = join(station.folder, "data/sanaq-unload/store.db-wal");
    expect(existsSync(journal)).toBe(true);
    await station.end();
    expect(existsSync(journal)).toBe(false);
  }, 60_000);
});
