import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { deskFiles } from "../../main/adapters/files/files.ts";
import { compose, composeKeeping } from "../../main/compose.ts";
import { type Ran, runWith } from "../unit/cli-host.ts";

/** A pipe, a device or a socket in the place of a file, and a person who presses Ctrl-C: nothing is waited for. */

const PROGRAM = join(import.meta.dirname, "../../main/cli/main.ts");
const here = process.platform !== "win32";

let top: string;
let store: string;
let socket: Server;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "sanaq-pipe-"));
  store = join(top, "store");
  if (!here) return;
  execFileSync("mkfifo", [join(top, "pipe")]);
  socket = createServer().listen(join(top, "socket"));
  await once(socket, "listening");
  expect((await onStore(["init"])).exit).toBe(0);
});
afterAll(async () => {
  socket?.close();
  await rm(top, { recursive: true });
});

const onStore = (args: readonly string[]): Promise<Ran> =>
  runWith({}, ["--store", store, ...args], {
    compose: (storeFolder, opening) => compose({ storeFolder, opening }),
    keeping: composeKeeping(),
    env: { SANAQ_LANG: "en", SANAQ_PASSPHRASE: "" },
  });

describe.skipIf(!here)("in the place of a file", () => {
  const places = (): readonly string[] => [join(top, "pipe"), join(top, "socket"), "/dev/zero", "/dev/tty"];

  it("a pipe, a socket or a device is no certificate, act or anchor: refused at once, and named", async () => {
    for (const path of places()) {
      const certificate = await onStore(["station", "certificate", path]);
      expect([certificate.exit, certificate.err]).toEqual([2, expect.stringContaining(path)]);
      const act = await onStore(["act", "--verify", path]);
      expect([act.exit, act.err]).toEqual([3, expect.stringContaining(path)]);
      const anchor = await onStore(["audit", "verify", "--anchor", path]);
      expect([anchor.exit, anchor.err]).toEqual([3, expect.stringContaining(path)]);
      expect((await deskFiles.read(path, 1_000)).ok).toBe(false);
    }
  });

  it.each(["campaign.json", "root.pem", "issuer.crl"])("a pipe is no %s of a campaign", async (name) => {
    const campaign = await TestCampaign.create();
    const folder = await campaign.write(join(top, `campaign ${name}`));
    await rm(join(folder, name), { force: true });
    execFileSync("mkfifo", [join(folder, name)]);
    const { exit, err } = await onStore(["campaign", "load", folder]);
    expect([exit, err]).toEqual([2, expect.stringContaining(name)]);
  });

  it("a pipe is no store's journal, for whoever opens the store or backs it up", async () => {
    const folder = join(top, "piped");
    await mkdir(folder);
    execFileSync("mkfifo", [join(folder, "store.db")]);
    for (const args of [["init"], ["store", "check"], ["backup", "--to", join(top, "b")]]) {
      const { exit, err } = await onStore(["--store", folder, ...args]);
      expect([exit, err]).toEqual([3, expect.stringContaining("not a file, but a device or a pipe")]);
    }
  });

  it("a file that is too large, or has no end, is not read whole", async () => {
    if (process.platform === "linux")
      expect(await deskFiles.read("/proc/self/status", 10)).toMatchObject({ error: { type: "too-large" } });
    expect(await deskFiles.read(PROGRAM, 10)).toMatchObject({ error: { type: "too-large" } });
  });

  it("a file of exactly as many bytes as may be read is read", async () => {
    const whole = await deskFiles.read(PROGRAM, 1_000_000);
    if (!whole.ok) throw new Error(whole.error.type);
    expect(await deskFiles.read(PROGRAM, whole.value.length)).toEqual(whole);
    expect((await deskFiles.read(PROGRAM, whole.value.length - 1)).ok).toBe(false);
  });
});

describe.skipIf(!here)("a signal", () => {
  it.each(["SIGINT", "SIGTERM"] as const)(
    "%s ends a command that waits for a mute centre at once",
    async (signal) => {
      const mute = createServer(() => {}).listen(0, "127.0.0.1");
      await once(mute, "listening");
      const address = mute.address();
      if (address === null || typeof address === "string") throw new Error("no port");
      const asked = once(mute, "connection");
      const child = spawn(
        process.execPath,
        [PROGRAM, "--store", store, "audit", "verify", "--to", `postgres://u@127.0.0.1:${address.port}/d`],
        { stdio: "ignore", env: { ...process.env, SANAQ_PASSPHRASE: "" } },
      );
      const ended = once(child, "exit");
      const [line] = await asked;
      child.kill(signal);
      expect(await ended).toEqual([null, signal]);
      line.destroy();
      mute.close();
    },
  );
});
