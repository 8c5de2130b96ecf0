import { execFile, spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { kk } from "../../shared/messages/act/kk.ts";
import { ru } from "../../shared/messages/act/ru.ts";
import { canMount, mountSmall, remount, unmount } from "../torture/mounts.ts";
import { run } from "./command-line.ts";
import { Desk, must } from "./desk.ts";
import { rehash, tamper } from "./tampering.ts";

/** The hand-over act: what two persons sign, and what it proves later. */

vi.setConfig({ testTimeout: 240_000 });

const hasPdftotext = spawnSync("pdftotext", ["-v"]).status === 0;
const textOf = async (file: string): Promise<string> =>
  (await promisify(execFile)("pdftotext", ["-layout", file, "-"], { maxBuffer: 64 * 1_048_576 })).stdout;

interface Unloaded {
  readonly desk: Desk;
  readonly tablet: TabletBuilder;
  readonly station: string;
}

async function unloaded(count: number, lost?: number): Promise<Unloaded> {
  const desk = await Desk.open();
  await desk.loadCampaign();
  const station = await desk.becomeStation();
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0401"));
  for (let at = 0; at < count; at++) await tablet.add({ bodyBytes: 900 + at });
  if (lost !== undefined) tablet.remove(lost);
  await tablet.write(desk.path("outbox"));
  await desk.unloadOne(desk.path("outbox"), true);
  return { desk, tablet, station };
}

describe("the act of an unloading", () => {
  test("is made once, printed again byte for byte, and known again; a changed one, another's and rubbish are not", async () => {
    const { desk, tablet } = await unloaded(3);
    const other = await unloaded(1);
    await using _ = desk;
    await using __ = other.desk;
    const engine = await desk.engine();
    const first = must(await engine.act(tablet.device as DeviceId, ""));
    const again = must(await engine.act(tablet.device as DeviceId, ""));
    expect([first.isNew, again.isNew]).toEqual([true, false]);
    expect(Buffer.from(again.bytes).equals(first.bytes)).toBe(true);
    const strange = must(await (await other.desk.engine()).act(other.tablet.device as DeviceId, ""));
    desk.closeEngine();

    const file = desk.path("act.pdf");
    const made = await run(desk.store, ["act", "--tablet", tablet.device, "--out", file]);
    expect(made.exit).toBe(0);
    expect((await readFile(file)).equals(Buffer.from(first.bytes))).toBe(true);
    expect(await run(desk.store, ["act", "--verify", file])).toMatchObject({
      exit: 0,
      json: { matches: true },
    });
    expect(await run(desk.store, ["act", "--verify", first.code])).toMatchObject({
      exit: 0,
      json: { matches: true },
    });

    const changed = Buffer.from(first.bytes);
    changed[changed.length - 20] = (changed.at(-20) ?? 0) ^ 1;
    await writeFile(desk.path("changed.pdf"), changed);
    await writeFile(desk.path("strange.pdf"), strange.bytes);
    await writeFile(desk.path("rubbish.pdf"), "rubbish");
    expect(await run(desk.store, ["act", "--verify", desk.path("changed.pdf")])).toMatchObject({
      exit: 1,
      json: { matches: false, why: "file-differs" },
    });
    expect(await run(desk.store, ["act", "--verify", desk.path("strange.pdf")])).toMatchObject({
      exit: 1,
      json: { matches: false, why: "other-store" },
    });
    expect(await run(desk.store, ["act", "--verify", desk.path("rubbish.pdf")])).toMatchObject({
      exit: 2,
      json: { error: { type: "not-an-act" } },
    });
  });

  test("that cannot be made says why: no unloading, and a place that cannot be written to", async () => {
    const { desk, tablet } = await unloaded(1);
    await using _ = desk;
    desk.closeEngine();
    const never = "0".repeat(32);
    expect(await run(desk.store, ["act", "--tablet", never, "--out", desk.path("never.pdf")])).toMatchObject({
      exit: 2,
      json: { error: { type: "no-unloading", device: never } },
    });
    expect(
      await run(desk.store, ["act", "--tablet", tablet.device, "--out", desk.path("no", "such.pdf")]),
    ).toMatchObject({ exit: 3, json: { error: { type: "disk", code: "ENOENT" } } });
    await mkdir(desk.path("closed"));
    if (canMount(desk.folder)) {
      mountSmall(desk.path("closed"), 65_536);
      remount(desk.path("closed"), "ro");
      try {
        expect(
          await run(desk.store, ["act", "--tablet", tablet.device, "--out", desk.path("closed", "act.pdf")]),
        ).toMatchObject({ exit: 3, json: { error: { type: "disk", code: "EROFS" } } });
      } finally {
        unmount(desk.path("closed"));
      }
    }
    // The act was made all the same, and is written where there is room for it.
    expect(
      await run(desk.store, ["act", "--tablet", tablet.device, "--out", desk.path("act.pdf")]),
    ).toMatchObject({ exit: 0, json: { act: 1, new: false } });
  });

  test.skipIf(!hasPdftotext)(
    "names who, what, every batch with its verdict, the totals and what is missing, in words that can be copied",
    async () => {
      await using desk = await Desk.open();
      const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("Жиһангер 0401"));
      await desk.campaign.centre();
      await desk.loadCampaign();
      const station = await desk.becomeStation();
      await tablet.addMany(2, { bodyBytes: 900 });
      await tablet.addMany(3, { bodyBytes: 900 });
      await tablet.add({ state: "acknowledged" });
      await tablet.add({ bodyOnTablet: (body) => body.subarray(1) });
      tablet.remove(2);
      tablet.remove(4);
      const [report] = await desk.unload(await tablet.write(desk.path("outbox")), true);
      const act = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
      expect(act).toMatchObject({ batches: 7, open: 3 });
      await writeFile(desk.path("act.pdf"), act.bytes);
      const text = (await textOf(desk.path("act.pdf"))).replace(/[ \u00a0\n]+/g, " ");

      for (const who of [station, tablet.device, "Жиһангер 0401"]) expect(text).toContain(who);
      for (const letter of "әғқңөұүһі") expect(text.toLowerCase(), letter).toContain(letter);
      for (const { seq, digest } of tablet.batches)
        expect(text, `batch ${seq}`).toContain(`${digest.slice(0, 8)} … ${digest.slice(-8)}`);
      for (const words of [kk, ru]) {
        const of = (verdict: "safe" | "to-upload" | "missing" | "refused") => [
          words[`act.verdict.${verdict}`],
          words[`act.total.${verdict}`],
        ];
        const wanted = [...of("safe"), ...of("to-upload"), ...of("missing"), ...of("refused")];
        for (const word of [...wanted, words["act.missing"], words["act.handed"], words["act.taken"]])
          expect(text, word).toContain(word);
      }
      const total = (verdict: "to-upload" | "missing" | "refused") =>
        new RegExp(
          `${kk[`act.total.${verdict}`].replace(/[()]/g, ".")} (\\d+) ${ru[`act.total.${verdict}`].replace(/[()]/g, ".")}`,
        ).exec(text)?.[1];
      expect([total("to-upload"), total("missing"), total("refused")]).toEqual(["3", "2", "1"]);
      expect(text).toMatch(/ … 2, 4 /);
      const copied = text.slice(text.indexOf("SANAQ-ACT/1/"));
      expect(must(await (await desk.engine()).verifyAct(copied))).toMatchObject({
        matches: true,
        no: act.no,
      });
      const [delivered] = report?.receipts ?? [];
      expect(delivered).toBeDefined();
      expect(text).toContain(kk["act.receipt.delivered"]);
    },
  );

  test.skipIf(!hasPdftotext)("holds nothing of what people answered", async () => {
    await using desk = await Desk.open();
    const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0402"));
    await desk.loadCampaign();
    await desk.becomeStation();
    const secrets = ["Жайнагүл Сәрсенқызы", "870101400123", "Достық көшесі 14"];
    await tablet.add({ plain: secrets.join("\n") });
    await desk.unload(await tablet.write(desk.path("outbox")), true);
    const act = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
    await writeFile(desk.path("act.pdf"), act.bytes);
    const text = await textOf(desk.path("act.pdf"));
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(Buffer.from(act.bytes).includes(secret)).toBe(false);
    }
  });

  test("has a code that cannot be forged: whatever part of it is changed, the store says so", async () => {
    const { desk, tablet } = await unloaded(2);
    await using _ = desk;
    const engine = await desk.engine();
    const { code } = must(await engine.act(tablet.device as DeviceId, ""));
    const parts = code.split("/");
    const why = async (at: number, part: string) => {
      const forged = parts.with(at, part).join("/");
      return must(await engine.verifyAct(forged)).why;
    };
    const other = (text: string) => `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;
    expect(must(await engine.verifyAct(code.toLowerCase()))).toMatchObject({ matches: true });
    expect(await why(2, other(parts[2] ?? ""))).toBe("other-store");
    expect(await why(3, "7")).toBe("unknown");
    for (const at of [4, 5, 7]) expect(await why(at, other(parts[at] ?? ""))).toBe("code-differs");
    expect(await why(6, "1")).toBe("code-differs");
    expect(await engine.verifyAct(code.slice(0, -1))).toEqual({ ok: false, error: { type: "not-an-act" } });
  });

  test("of a record that somebody changed in the store is told, and so is a log that is another one", async () => {
    const { desk, tablet } = await unloaded(2);
    await using _ = desk;
    const { code } = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
    const why = async () => must(await (await desk.engine()).verifyAct(code)).why;
    tamper(desk, (db) => db.exec("UPDATE acts SET facts = replace(facts, 'to-upload', 'safe')"));
    expect(await why()).toBe("record-changed");
    tamper(desk, (db) => {
      db.exec("UPDATE acts SET facts = replace(facts, 'safe', 'to-upload')");
      rehash(db, 3, (line) => {
        line.data = line.data.replace("{", '{"by":"somebody",');
      });
    });
    expect(await why()).toBe("log-changed");
  });

  test.skipIf(!hasPdftotext)("of 300 batches has every page numbered", async () => {
    const { desk, tablet } = await unloaded(300);
    await using _ = desk;
    const act = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
    await writeFile(desk.path("act.pdf"), act.bytes);
    const pages = (await textOf(desk.path("act.pdf"))).split("\f").slice(0, -1);
    expect(pages.length).toBeGreaterThan(3);
    for (const [at, page] of pages.entries())
      expect(page).toMatch(new RegExp(`\\b${at + 1}\\s*(/|-|–|из)\\s*${pages.length}\\b`));
  });
});
