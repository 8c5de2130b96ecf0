import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import {
  type CrlOptions,
  type Leaf,
  makeCrl,
  OBLAST,
  pem,
  ROLE_ARC,
  TestCampaign,
} from "../../fixtures/campaign.ts";
import { ed25519Key } from "../../fixtures/outbox/seeded.ts";
import type { TabletBuilder } from "../../fixtures/outbox.ts";
import { outcomes } from "./desk.ts";
import { Court, expectReport, NOW, SMALL, type Wanted } from "./law.ts";

/** Campaigns: their certificates, CRLs and fields, and what changes when one is loaded again. */

const DAY = 86_400_000;
const days = (count: number): Date => new Date(NOW.getTime() + count * DAY);
const second = (count: number): Date => new Date(NOW.getTime() + count * 1000);

/** One tablet with one batch, in a campaign of its own. */
function inCampaign(
  what: string,
  wanted: Wanted,
  prepare: (campaign: TestCampaign) => unknown,
  options: {
    readonly json?: Readonly<Record<string, unknown>>;
    readonly leaf?: Parameters<Court["tablet"]>[0];
    readonly state?: "acknowledged";
  } = {},
): void {
  it.concurrent(what, async () => {
    await using court = await Court.open(async (campaign) => {
      await prepare(campaign);
    }, options.json);
    const own = await court.tablet(options.leaf);
    await own.add({ ...SMALL, ...(options.state && { state: options.state }) });
    expectReport(await court.unload(await court.write(own)), own, wanted);
  });
}
const refusedAs = (reason: string, findings = ""): Wanted => ({
  batches: `1 ${reason}`,
  ledger: reason,
  findings: [findings, `ledger-invalid ${reason}`].filter(Boolean).join(", "),
  device: null,
});
const crl =
  (of: "root" | "issuer", options: CrlOptions | null) =>
  async (campaign: TestCampaign): Promise<void> =>
    campaign.setCrl(of === "root" ? campaign.root : await campaign.issuer(), options);
const ISSUER = `Issuer ${OBLAST}`;
const ROOT = "Sanaq campaign root";

describe("a CRL", () => {
  const staged: Wanted = { batches: "1 staged" };
  const stale = (...of: readonly string[]): Wanted => ({
    batches: "1 staged",
    findings: of.map((one) => `crl-stale ${one}`).join(", "),
  });
  inCampaign("in force this second is fresh", staged, crl("issuer", { nextUpdate: NOW }));
  inCampaign(
    "past its nextUpdate by a second is stale",
    stale(ISSUER),
    crl("issuer", { nextUpdate: second(-1) }),
  );
  inCampaign(
    "of the root that is past its nextUpdate is stale",
    stale(ROOT),
    crl("root", { nextUpdate: second(-1) }),
  );
  inCampaign("that an issuer has not is stale", stale(ISSUER), crl("issuer", null));
  inCampaign("that the root has not is stale", stale(ROOT), crl("root", null));
  inCampaign("that nobody has is stale, for each CA", stale(ISSUER, ROOT), async (campaign) => {
    await crl("issuer", null)(campaign);
    await crl("root", null)(campaign);
  });
  inCampaign("without a nextUpdate is fresh", staged, crl("issuer", { nextUpdate: null }));
  it.concurrent("of an intermediate that is stale is told", async () => {
    await using court = await Court.open();
    const under = await court.campaign.authority("Intermediate", null);
    court.campaign.setCrl(under, { nextUpdate: second(-1) });
    const own = await court.tablet({
      issuer: await court.campaign.authority("Issuer under it", OBLAST, { under }),
    });
    await own.add(SMALL);
    await court.desk.loadCampaign();
    expectReport(await court.unload(await court.write(own)), own, stale("Intermediate"));
  });
  inCampaign("of a CA that no chain names may be as stale as it likes", staged, async (campaign) => {
    campaign.setCrl(await campaign.issuer("350000000"), { nextUpdate: second(-1) });
  });
  inCampaign(
    "of the centre's issuer that is stale is told, and the acknowledgement stands",
    { batches: "1 acknowledged", findings: `crl-stale ${ISSUER}` },
    crl("issuer", { nextUpdate: second(-1) }),
    { state: "acknowledged" },
  );
  inCampaign(
    "that is signed by somebody else under its CA's name is none",
    stale(ISSUER),
    async (campaign) => {
      await crl("issuer", null)(campaign);
      campaign.addCrlFile(
        "x.crl",
        await makeCrl(await campaign.issuer(), { signedBy: ed25519Key("stranger") }),
      );
    },
  );
  inCampaign(
    "with a higher number that does not verify does not put a right one away",
    staged,
    async (campaign) => {
      const own = await campaign.issuer();
      campaign.addCrlFile("x.crl", await makeCrl(own, { number: 9, signedBy: ed25519Key("stranger") }));
    },
  );
  inCampaign(
    "with a lower number that is stale does not count beside a fresh one",
    staged,
    async (campaign) => {
      campaign.setCrl(await campaign.issuer(), { number: 5 });
      campaign.addCrlFile(
        "x.crl",
        await makeCrl(await campaign.issuer(), { number: 4, nextUpdate: second(-1) }),
      );
    },
  );
  inCampaign("with a higher number that is stale counts all the same", stale(ISSUER), async (campaign) => {
    campaign.setCrl(await campaign.issuer(), { number: 5 });
    campaign.addCrlFile(
      "x.crl",
      await makeCrl(await campaign.issuer(), { number: 6, nextUpdate: second(-1) }),
    );
  });

  const revoked = (what: string, wanted: Wanted, list: (own: { serial: string }) => CrlOptions): void => {
    it.concurrent(what, async () => {
      await using court = await Court.open();
      const own = await court.tablet();
      await own.add(SMALL);
      const { leaf } = own;
      court.campaign.setCrl(await court.campaign.issuer(), list(leaf));
      await court.desk.loadCampaign();
      expectReport(await court.unload(await court.write(own)), own, wanted);
    });
  };
  const holder = (own: { serial: string }) => own as TabletBuilder["leaf"];
  revoked("with the tablet on it refuses it", refusedAs("certificate-revoked"), (own) => ({
    number: 2,
    revoked: [holder(own)],
  }));
  revoked(
    "with the tablet on it that is stale refuses it, and is told",
    refusedAs("certificate-revoked", `crl-stale ${ISSUER}`),
    (own) => ({ number: 2, revoked: [holder(own)], nextUpdate: second(-1) }),
  );
  revoked("with the tablet on it and another number than the one in force does not count", staged, (own) => ({
    number: 0,
    revoked: [holder(own)],
  }));
  revoked(
    "with the tablet on it and the number of the one in force counts beside it",
    refusedAs("certificate-revoked"),
    (own) => ({
      number: 1,
      revoked: [holder(own)],
    }),
  );
});

describe("a campaign loaded again", () => {
  it.concurrent("with a CRL of a lower number says so, and changes nothing", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add(SMALL);
    const issuer = await court.campaign.issuer();
    court.campaign.setCrl(issuer, { number: 7, revoked: [own.leaf] });
    await court.desk.loadCampaign();
    court.campaign.setCrl(issuer, { number: 6 });
    const engine = await court.desk.engine();
    const loaded = await engine.loadCampaign(await court.campaign.write(court.desk.path("again")));
    expect(loaded).toMatchObject({ ok: true, value: { lower: [{ number: 6 }] } });
    expectReport(await court.unload(await court.write(own)), own, refusedAs("certificate-revoked"));
  });

  it.concurrent("with a CRL of a higher number takes a revocation back", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add(SMALL);
    const outbox = await court.write(own);
    const issuer = await court.campaign.issuer();
    court.campaign.setCrl(issuer, { number: 7, revoked: [own.leaf] });
    await court.desk.loadCampaign();
    expectReport(await court.unload(outbox), own, refusedAs("certificate-revoked"));
    court.campaign.setCrl(issuer, { number: 8 });
    await court.desk.loadCampaign();
    const engine = await court.desk.engine();
    expect(await engine.quarantineRetry()).toMatchObject({ ok: true, value: { staged: 1, stillRefused: 0 } });
    expectReport(await court.unload(outbox), own, { batches: "1 already-staged" });
  });

  it.concurrent("with a revocation of a tablet whose batches are staged: they stay, and are told", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add(SMALL);
    const outbox = await court.write(own);
    expectReport(await court.unload(outbox), own, { batches: "1 staged" });
    court.campaign.setCrl(await court.campaign.issuer(), { number: 2, revoked: [own.leaf] });
    await court.desk.loadCampaign();
    expectReport(await court.unload(outbox), own, refusedAs("certificate-revoked"));
    const engine = await court.desk.engine();
    const lines = engine.reconcile(null);
    expect(lines.ok && [...lines.value]).toMatchObject([
      { device: own.device, seq: 1, station: "staged", verdict: "revoked" },
    ]);
    const listed = engine.quarantineList();
    expect(listed).toMatchObject([{ device: own.device, reason: "certificate-revoked" }]);
    await engine.quarantineRetry();
    expect(engine.quarantineList()).toMatchObject(listed);
  });

  it.concurrent("with a list that lifts the revocation: the staged batch may be sent again", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add(SMALL);
    await court.unload(await court.write(own));
    const issuer = await court.campaign.issuer();
    const verdictAfter = async (revoked: readonly Leaf[], number: number) => {
      court.campaign.setCrl(issuer, { number, revoked });
      await court.desk.loadCampaign();
      const lines = (await court.desk.engine()).reconcile(null);
      return lines.ok && [...lines.value].map((line) => line.verdict);
    };
    expect(await verdictAfter([own.leaf], 2)).toEqual(["revoked"]);
    expect(await verdictAfter([], 3)).toEqual(["to-upload"]);
  });

  it.concurrent("with a revocation of the centre: its acknowledgements stop counting", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add({ ...SMALL, state: "acknowledged", withoutBody: true, withoutManifest: true });
    expectReport(await court.unload(await court.write(own)), own, { batches: "1 acknowledged" });
    const verdicts = async () => {
      const lines = (await court.desk.engine()).reconcile(null);
      return lines.ok && [...lines.value].map((line) => line.verdict);
    };
    expect(await verdicts()).toEqual(["safe"]);
    const centre = await court.campaign.centre();
    court.campaign.setCrl(centre.issuer, { number: 5, revoked: [centre] });
    await court.desk.loadCampaign();
    expect(await verdicts()).toEqual(["missing"]);
  });

  it.concurrent("with what was unknown to it before: the quarantine is judged again at the next unloading", async () => {
    await using court = await Court.open(() => {}, { forms: ["1-person"] });
    const own = await court.tablet();
    await own.add(SMALL);
    const outbox = await court.write(own);
    expectReport(await court.unload(outbox), own, { batches: "1 unknown-schema" });
    court.campaign.json = { ...court.campaign.json, forms: ["2-household", "1-person"] };
    await court.desk.loadCampaign();
    expectReport(await court.unload(outbox), own, { batches: "1 staged" });
  });

  it.concurrent("with all CRLs in one PEM file takes every one of them", async () => {
    await using court = await Court.open(async (campaign) => {
      campaign.setCrl(campaign.root, null);
      campaign.setCrl(await campaign.issuer(), null);
    });
    const own = await court.tablet();
    await own.add(SMALL);
    const { campaign, desk } = court;
    const folder = await campaign.write(desk.path("one-file"));
    const lists = [
      await makeCrl(await campaign.issuer(), { revoked: [own.leaf] }),
      await makeCrl(campaign.root),
    ].map((der) => pem(der, "X509 CRL"));
    await writeFile(`${folder}/all.crl`, `Lists of the campaign\n${lists.join("\n")}`);
    const engine = await desk.engine();
    const loaded = await engine.loadCampaign(folder);
    expect(loaded).toMatchObject({ ok: true, value: { crls: [{}, {}] } });
    expectReport(await court.unload(await court.write(own)), own, refusedAs("certificate-revoked"));
  });
});

describe("campaign.json", () => {
  const staged: Wanted = { batches: "1 staged" };
  const nobody = (): void => {};
  inCampaign("graces an expired tablet to the second", staged, nobody, {
    json: { graceDays: 3 },
    leaf: { notAfter: days(-3) },
  });
  inCampaign("graces no tablet a second longer", refusedAs("certificate-expired"), nobody, {
    json: { graceDays: 3 },
    leaf: { notAfter: new Date(days(-3).getTime() - 1000) },
  });
  inCampaign("graces no tablet that is not valid yet", refusedAs("certificate-expired"), nobody, {
    json: { graceDays: 3 },
    leaf: { notBefore: second(1) },
  });
  it.concurrent("graces no issuer", async () => {
    await using court = await Court.open(() => {}, { graceDays: 3 });
    const issuer = await court.campaign.authority("Expired issuer", OBLAST, { notAfter: days(-1) });
    const own = await court.tablet({ issuer });
    await own.add(SMALL);
    await court.desk.loadCampaign();
    expectReport(await court.unload(await court.write(own)), own, refusedAs("certificate-expired"));
  });
  inCampaign("may leave graceDays out: none", refusedAs("certificate-expired"), nobody, {
    json: { graceDays: undefined },
    leaf: { notAfter: second(-1) },
  });
  inCampaign("names the arc of the roles", refusedAs("certificate-untrusted"), nobody, {
    json: { roleArc: "1.2.398.3.3.9" },
  });
  inCampaign("names the arc of the roles, and a tablet of it is one", staged, nobody, {
    json: { roleArc: "1.2.398.3.3.9" },
    leaf: { usages: ["1.2.398.3.3.9.1", `${ROLE_ARC}.2`] },
  });

  it.concurrent("may name several centres: a batch for one of them is for the centre", async () => {
    await using court = await Court.open();
    const own = await court.tablet();
    await own.add(SMALL);
    const { central, department } = court.campaign.recipients;
    court.campaign.json = {
      ...court.campaign.json,
      recipients: { central: [department, central], department: [] },
    };
    await court.desk.loadCampaign();
    await own.add({ ...SMALL, recipients: [department] });
    expectReport(await court.unload(await court.write(own)), own, { batches: "1 staged, 2 staged" });
  });

  it.concurrent("of another campaign, under the same root: what its tablets bring is of the wrong campaign", async () => {
    await using court = await Court.open(() => {}, { id: "kz-2021" });
    const own = await court.tablet();
    await own.add(SMALL);
    const outbox = await court.write(own);
    court.campaign.json = { ...court.campaign.json, id: "kz-2031" };
    await court.desk.loadCampaign();
    expectReport(await court.unload(outbox), own, {
      batches: "1 wrong-campaign",
      ledger: "wrong-campaign",
      findings: "ledger-invalid wrong-campaign",
    });
  });
});

it("a root of another campaign trusts nobody of this one", async () => {
  await using court = await Court.open();
  const stranger = await TestCampaign.create({ seed: "stranger" });
  const own = await court.tablet();
  const twin = await stranger.tablet("t1", { id: own.device });
  await own.add({ ...SMALL, signer: twin });
  await own.add(SMALL);
  const report = await court.unload(await court.write(own));
  expect(outcomes(report)).toEqual(["1 quarantined (certificate-untrusted)", "2 staged"]);
});
