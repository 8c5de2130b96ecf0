import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { seededHex } from "../../fixtures/outbox/seeded.ts";
import { parseCampaign } from "../../main/formats/campaign.ts";

const { json: right, recipients } = await TestCampaign.create();
const parse = (change: Readonly<Record<string, unknown>>) =>
  parseCampaign(JSON.stringify({ ...right, ...change }));

describe("campaign.json", () => {
  it("is read", () => {
    const campaign = parse({});
    if (!campaign.ok) throw new Error(campaign.error);
    expect(campaign.value).toMatchObject({
      id: "kz-2021",
      graceDays: 0,
      outbox: "/Sanaq/outbox",
      roleArc: "1.3.6.1.4.1.32473.2021",
    });
    expect(campaign.value.from).toBe(Date.UTC(2021, 8, 30, 18) / 1000);
    expect(campaign.value.to).toBe(Date.UTC(2021, 10, 8, 17, 59, 59) / 1000);
    expect([...campaign.value.central]).toEqual([seededHex(32, recipients.central)]);
  });

  it("may leave graceDays, the outbox and the Department out, and say more than is known", () => {
    const { graceDays: _, outbox: __, ...rest } = right;
    const campaign = parseCampaign(
      JSON.stringify({ ...rest, recipients: { central: [recipients.central] }, note: "for later" }),
    );
    expect(campaign).toMatchObject({ ok: true, value: { graceDays: 0, outbox: "/Sanaq/outbox" } });
  });

  it("may write schemas in capitals", () => {
    const campaign = parse({ schemas: ["AB".repeat(32)] });
    expect(campaign.ok && [...campaign.value.schemas]).toEqual(["ab".repeat(32)]);
  });

  it.each<[string, string, Record<string, unknown>]>([
    ["v", "another version", { v: 2 }],
    ["id", "no id", { id: "" }],
    ["name.kk", "no Kazakh name", { name: { ru: "Перепись", en: "Census" } }],
    ["from", "a day without an hour", { from: "2021-10-01" }],
    ["from", "a moment without an offset", { from: "2021-10-01T00:00:00" }],
    ["to", "an end before the beginning", { to: "2020-01-01T00:00:00Z" }],
    ["graceDays", "negative grace", { graceDays: -1 }],
    ["roleArc", "an arc that is no OID", { roleArc: "census" }],
    ["outbox", "an outbox that is no path", { outbox: "Sanaq/outbox" }],
    ["outbox", "an empty folder in the path", { outbox: "/Sanaq//outbox" }],
    ["forms", "no forms", { forms: [] }],
    ["schemas.0", "a schema that is no SHA-256", { schemas: ["ab"] }],
    ["recipients.central", "no central recipient", { recipients: { central: [], department: [] } }],
    [
      "recipients.central.0",
      "a recipient that is not age's",
      { recipients: { central: ["ssh-ed25519 AAAA"], department: [] } },
    ],
  ])("is refused at %s: %s", (field, _, change) => {
    expect(parse(change)).toEqual({ ok: false, error: field });
  });

  it("is refused where it is no JSON object", () => {
    for (const text of ["", "{", "null", "[]", "1", "\u0000"])
      expect(parseCampaign(text)).toEqual({ ok: false, error: "not-json" });
  });
});
