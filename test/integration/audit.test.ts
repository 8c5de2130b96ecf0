import { cp, rm, writeFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import type { AuditProblem } from "../../main/engine/api.ts";
import type { DeviceId } from "../../shared/ids.ts";
import { Desk, must } from "./desk.ts";
import { ended, numberOf, rehash, tamper } from "./tampering.ts";

/** Somebody with the store's files in his hands, and what `audit verify` says of his work. */

vi.setConfig({ testTimeout: 240_000 });

async function verdict(desk: Desk): Promise<AuditProblem> {
  const proof = await (await desk.engine()).auditVerify();
  return proof.ok ? expect.fail("the log passed") : proof.error;
}

test("a log nobody touched passes, its head signed at the end of the session", async () => {
  const { desk } = await ended();
  await using _ = desk;
  const proof = must(await (await desk.engine()).auditVerify());
  expect(proof).toMatchObject({ receipts: 1, staged: 3 });
  expect(proof.heads.signed).toBeGreaterThan(0);
});

test("a head without the key is kept, counted as unsigned, and signed when the key is opened again", async () => {
  await using desk = await Desk.open();
  await desk.loadCampaign();
  await desk.becomeStation();
  const engine = await desk.engine();
  must(engine.endSession());
  expect(must(await engine.auditVerify()).heads).toEqual({ signed: 0, unsigned: 1 });
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet("0403"));
  await tablet.add({ bodyBytes: 900 });
  await desk.unloadOne(await tablet.write(desk.path("outbox")), true);
  must(engine.endSession());
  expect(must(await engine.auditVerify()).heads).toEqual({ signed: 2, unsigned: 0 });
});

test("a changed line is named", async () => {
  const { desk } = await ended();
  await using _ = desk;
  let no = 0;
  tamper(desk, (db) => {
    no = numberOf(db, "staged");
    db.prepare("UPDATE audit SET data = ? WHERE no = ?").run('{"seq":99}', no);
  });
  expect(await verdict(desk)).toMatchObject({ type: "audit-broken", no, by: "chain" });
});

test("a removed line is named", async () => {
  const { desk } = await ended();
  await using _ = desk;
  let no = 0;
  tamper(desk, (db) => {
    no = numberOf(db, "staged");
    db.prepare("DELETE FROM audit WHERE no = ?").run(no);
  });
  expect(await verdict(desk)).toMatchObject({ type: "audit-broken", no, by: "chain" });
});

test("a tail cut off is found by the head over it", async () => {
  const { desk } = await ended();
  await using _ = desk;
  let last = 0;
  tamper(desk, (db) => {
    last = numberOf(db, "session-end");
    db.prepare("DELETE FROM audit WHERE no >= ?").run(last);
  });
  expect(await verdict(desk)).toMatchObject({ type: "audit-broken", no: last, by: "head" });
});

test("a tail whose hashes were made anew is found by the signed head", async () => {
  const { desk } = await ended();
  await using _ = desk;
  let from = 0;
  tamper(desk, (db) => {
    from = numberOf(db, "receipt-delivered");
    rehash(db, from, (line) => {
      if (line.no === from) line.data = line.data.replace("{", '{"by":"somebody",');
    });
  });
  const found = await verdict(desk);
  if (found.type !== "audit-broken") expect.fail(found.type);
  expect(found.by).toBe("head");
  expect(found.no).toBeLessThanOrEqual(from);
  expect(found.upTo).toBeGreaterThanOrEqual(from);
});

test("a store put back to an older copy passes by itself, and is found by an act made since", async () => {
  const { desk, tablet } = await ended();
  await using _ = desk;
  desk.closeEngine();
  await cp(desk.store, desk.path("older"), { recursive: true });
  const lines = must(await (await desk.engine()).auditVerify()).lines;
  await tablet.add({ bodyBytes: 900 });
  await desk.unloadOne(await tablet.write(desk.path("outbox-2")), true);
  const { bytes } = must(await (await desk.engine()).act(tablet.device as DeviceId, ""));
  await writeFile(desk.path("act.pdf"), bytes);
  const anchor = { name: "act.pdf", bytes };
  expect(must(await (await desk.engine()).auditVerify([anchor])).anchors).toMatchObject([
    { name: "act.pdf" },
  ]);

  desk.closeEngine();
  await rm(desk.store, { recursive: true });
  await cp(desk.path("older"), desk.store, { recursive: true });
  const engine = await desk.engine();
  expect((await engine.auditVerify()).ok).toBe(true);
  const found = await engine.auditVerify([anchor]);
  expect(found).toMatchObject({
    ok: false,
    error: { type: "audit-broken", no: lines + 1, by: "anchor", name: "act.pdf" },
  });
});
