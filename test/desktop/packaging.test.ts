import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { PackagedProgram } from "../../fixtures/windows/packaged.ts";
import { compose } from "../../main/compose.ts";
import { must } from "../integration/desk.ts";

/** What a workstation gets installed: its settings, what is in it, and that it runs as it is. */

const root = join(import.meta.dirname, "../..");
const PIN = "246810";

/** electron-builder's own parts, which it does not export. */
const builder = createRequire(join(root, "node_modules/electron-builder/package.json"));
const settings = builder("app-builder-lib/out/util/config/config") as {
  getConfig(folder: string, path: string | null, options: object | null): Promise<Record<string, unknown>>;
  validateConfiguration(config: object, log: { isEnabled: boolean }): Promise<void>;
};
const library = createRequire(builder.resolve("app-builder-lib/package.json"));
const asar = library("@electron/asar") as {
  listPackage(path: string, options: { isPack: boolean }): string[];
  extractFile(path: string, name: string): Buffer;
};

let program: PackagedProgram;
beforeAll(async () => {
  const built = await PackagedProgram.build();
  if (built === null) throw new Error("no Electron runtime, library or screen");
  program = built;
}, 300_000);
afterAll(async () => {
  await program?.close();
}, 60_000);

describe("electron-builder.yml", () => {
  const read = () => settings.getConfig(root, "electron-builder.yml", null);

  it("is as electron-builder's schema wants it, and the schema would refuse a slip", async () => {
    await settings.validateConfiguration(await read(), { isEnabled: false });
    const slip = { ...(await read()), electronFuses: { runAsNod: false } };
    await expect(settings.validateConfiguration(slip, { isEnabled: false })).rejects.toThrow(
      /configuration.electronFuses/,
    );
  });

  it("names only files that are there", async () => {
    const { win, linux, deb } = (await read()) as Record<string, Record<string, unknown>>;
    const extra = [win, linux].flatMap((one) => one?.extraResources as { from: string }[]);
    const mapped = ((deb?.fpm ?? []) as string[]).map((one) => one.split("=")[0]);
    const named = [win?.icon, linux?.icon, deb?.afterInstall, deb?.afterRemove, ...mapped];
    for (const path of [...named, ...extra.map(({ from }) => from)])
      expect(existsSync(join(root, path as string)), path as string).toBe(true);
  });
});

describe("the package", () => {
  const files = () => asar.listPackage(join(program.resources, "app.asar"), { isPack: false });

  it("cannot be turned into Node, be inspected, or run anything but its own archive", async () => {
    const wire = await getCurrentFuseWire(join(program.folder, "sanaq-unload"));
    const state = (on: boolean) => (on ? FuseState.ENABLE : FuseState.DISABLE);
    expect(wire).toMatchObject({
      [FuseV1Options.RunAsNode]: state(false),
      [FuseV1Options.EnableCookieEncryption]: state(true),
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: state(false),
      [FuseV1Options.EnableNodeCliInspectArguments]: state(false),
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: state(true),
      [FuseV1Options.OnlyLoadAppFromAsar]: state(true),
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: state(false),
    });
  });

  it("holds the built program and two native packages, nothing of demo, fixtures, tests or sources", () => {
    const rooms = new Set(
      files().map((path) => /^\/(node_modules\/[^/]+|dist\/[^/]+|[^/]+)/.exec(path)?.[1]),
    );
    expect([...rooms].sort()).toEqual([
      ...["dist", "dist/app", "dist/renderer", "node_modules", "node_modules/@node-usb"],
      ...["node_modules/better-sqlite3", "node_modules/usb", "package.json"],
    ]);
    expect(files().filter((path) => /fixtures|demo|test|\.map$|\.tsx?$/.test(path))).toEqual([]);
    for (const path of files().filter((one) => /^\/dist\/app\/.*js$/.test(one))) {
      const text = asar.extractFile(join(program.resources, "app.asar"), path.slice(1)).toString();
      for (const word of ["TestCampaign", "SimulatedCable", "sourceMappingURL", "sanaq-demo"])
        expect(text.includes(word), `${word} in ${path}`).toBe(false);
    }
  });

  it("has its native modules outside the archive, where the system can load them, and its udev rule", () => {
    for (const path of files().filter((one) => one.endsWith(".node")))
      expect(existsSync(join(program.resources, "app.asar.unpacked", path)), path).toBe(true);
    expect(files().filter((path) => path.endsWith(".node"))).toHaveLength(2);
    expect(existsSync(join(program.resources, "udev/70-sanaq-unload.rules"))).toBe(true);
  });
});

/** The system's own dialogs can only be answered blindly, with a pause that a busy machine may outlast: SANAQ_DIALOGS=1 asks for it. */
const dialogs = it.skipIf(process.env.SANAQ_DIALOGS !== "1");

describe("the packaged program, started by a user without rights", () => {
  let page: Page;
  const button = (name: string | RegExp) => page.getByRole("button", { name });

  it("opens its store and asks for its first administrator", async () => {
    page = await program.start();
    await button("ENG").click();
    await page.getByLabel("Your name").fill("Bota");
    await page.getByLabel("A PIN of 6 to 12 digits").fill(PIN);
    await page.getByLabel("The PIN once more").fill(PIN);
    await button("Go on").click();
    await page.getByText("Set up the station").first().waitFor();
    expect(JSON.parse(await readFile(join(program.store, "owner.json"), "utf8"))).toHaveProperty("pid");
  }, 60_000);

  it("has no Node in its pages, and ends in order when its window is closed", async () => {
    expect(await page.evaluate("[typeof require, typeof process, typeof Buffer].join()")).toBe(
      "undefined,undefined,undefined",
    );
    expect(await program.end()).toBe(0);
  }, 60_000);

  dialogs(
    "loads a campaign and unloads a tablet's card by its own buttons and the system's own dialogs",
    async () => {
      const campaign = await TestCampaign.create();
      const tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
      await tablet.addMany(3);
      await tablet.write(join(program.home, "card"));
      await campaign.write(join(program.home, "campaign"));

      page = await program.start();
      await page.keyboard.type(PIN);
      await page.keyboard.press("Enter");
      await button("Load the campaign folder").last().click();
      await program.chooseFolder(join(program.home, "campaign"));
      await page.getByText("1 of 5 done").waitFor();
      await button("Unload").first().click();
      await button("Unload a folder").click();
      await program.chooseFolder(join(program.home, "card"));
      await page.getByText("Unplugged, all staged").first().waitFor({ timeout: 60_000 });
      await button("Reconcile").first().click();
      await page
        .getByText(/^3 batches$/)
        .first()
        .waitFor();
      expect(await program.end()).toBe(0);
    },
    180_000,
  );

  dialogs("leaves a store that the command line's engine finds whole", async () => {
    const engine = must(await compose({ storeFolder: program.store }));
    expect(must(await engine.auditVerify())).toMatchObject({ staged: 3 });
    engine.close();
  });
});
