import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { Office, PASSPHRASE, PIN } from "./office.ts";

/** An administrator at a new station: key, certificate, campaign, centre, districts. */

async function fresh(): Promise<Office> {
  const office = await Office.open();
  await office.call("firstAdministrator", { name: "Елена Соколова", pin: PIN });
  return office;
}

describe("setting up", () => {
  it("step by step makes a station that can do everything", async () => {
    await using office = await fresh();
    expect(await office.call("settings", null)).toMatchObject({
      ...{ station: null, campaign: null, centre: null },
      ...{ automatic: true, receipts: true, sound: true, idleMinutes: 10, version: "0.0.0-test" },
      storeFolder: office.store,
    });

    await office.call("createStation", { passphrase: PASSPHRASE });
    expect(await office.refusal("createStation", { passphrase: PASSPHRASE })).toBe("station-exists");
    office.host.choose("request", office.path("station.csr.pem"));
    await office.call("saveRequest", null);
    const request = await readFile(office.path("station.csr.pem"), "utf8");
    expect(request).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----/);

    await office.campaign.issuer();
    await office.loadCampaign();
    await writeFile(office.path("station.pem"), await office.campaign.stationCertificate(request));
    office.host.choose("certificate", office.path("station.pem"));
    await office.call("takeCertificate", null);

    const settings = await office.call("settings", null);
    expect(settings.station).toMatchObject({
      request,
      certificate: {
        role: "station",
        issuer: "CN=Issuer 270000000, ST=270000000",
        serial: settings.station?.id,
      },
    });
    expect(settings.campaign).toMatchObject({
      id: "kz-2021",
      name: { kk: "Сынақ санағы" },
      from: "2021-09-30T18:00:00+00:00",
      crls: [
        { issuer: "CN=Sanaq campaign root", number: "1" },
        { issuer: "CN=Issuer 270000000, ST=270000000", number: "1" },
      ],
    });
    const { station } = await office.snapshot();
    expect(station).toMatchObject({
      id: settings.station?.id,
      certificate: true,
      campaign: { id: "kz-2021" },
    });
    await office.until("the free space is known", (now) => (now.station.freeBytes ?? 0) > 0);
  });

  it("says what is wrong with a certificate and with a campaign, and changes nothing", async () => {
    await using office = await fresh();
    office.host.choose("certificate", office.path("station.pem"));
    await writeFile(office.path("station.pem"), "nothing of the kind");
    expect(await office.ask("takeCertificate", null)).toMatchObject({
      ok: false,
      error: { type: "no-station" },
    });
    await office.call("createStation", { passphrase: PASSPHRASE });
    expect(await office.ask("takeCertificate", null)).toMatchObject({
      ok: false,
      error: { type: "bad-certificate", values: { why: "not-two-certificates" } },
    });
    await writeFile(office.path("station.pem"), Buffer.alloc(400_000, "a"));
    expect(await office.refusal("takeCertificate", null)).toBe("bad-certificate");
    office.host.choose("certificate", office.path("not there.pem"));
    expect(await office.ask("takeCertificate", null)).toMatchObject({
      ok: false,
      error: { type: "disk", values: { code: "ENOENT" } },
    });

    office.host.choose("campaign", office.path("not there"));
    expect(await office.ask("loadCampaign", null)).toMatchObject({
      ok: false,
      error: { type: "bad-campaign", values: { why: "missing" } },
    });
    const broken = await TestCampaign.create({ json: { graceDays: "many" } });
    office.host.choose("campaign", await broken.write(office.path("broken")));
    expect(await office.ask("loadCampaign", null)).toMatchObject({
      ok: false,
      error: { type: "bad-campaign", values: { file: "campaign.json" } },
    });
    expect((await office.call("settings", null)).campaign).toBeNull();
  });

  it("does nothing where a dialog is closed, or the desk was locked while it stood open", async () => {
    await using office = await fresh();
    office.host.choose("campaign", null);
    office.host.choose("certificate", null);
    office.host.choose("area-names", null);
    for (const method of ["loadCampaign", "takeCertificate", "loadAreaNames"] as const)
      expect(await office.call(method, null)).toBeNull();

    office.host.choose("campaign", await office.campaign.write(office.path("campaign")));
    office.host.whileOpen = async () => void (await office.call("lock", null));
    expect(await office.refusal("loadCampaign", null)).toBe("locked");
    expect((await office.snapshot()).station.campaign).toBeNull();
  });
});

describe("names of districts", () => {
  it("are loaded from the classifier, and shown to whoever is signed in", async () => {
    await using office = await Office.ready();
    const codes = ["271000000", "272000000", "273000000"];
    await writeFile(
      office.path("kato.csv"),
      `\uFEFFcode;kk;ru;en\r\n${codes[0]};Шыңғырлау;Чингирлау;Shyngyrlau\r\n${codes[1]};Ақжайық;Акжаик;Akzhaiyk\r\n${codes[2]};Әл-Фараби;Аль-Фараби;Al-Farabi\r\n`,
    );
    office.host.choose("area-names", office.path("kato.csv"));
    expect(await office.call("loadAreaNames", null)).toEqual({ name: "kato.csv" });
    const person = await office.person("Айгүл", ["employee"]);
    await office.call("unlock", { person, pin: PIN });
    expect((await office.call("areaNames", null)).map((one) => one.kk)).toEqual([
      "Шыңғырлау",
      "Ақжайық",
      "Әл-Фараби",
    ]);
    expect(await office.refusal("loadAreaNames", null)).toBe("not-allowed");
  });

  it("are kept as they were where the new table is none", async () => {
    await using office = await Office.ready();
    await writeFile(office.path("good.csv"), "271000000;Бөрлі;Бурлин;Burli");
    await writeFile(office.path("bad.csv"), "271000000");
    office.host.choose("area-names", office.path("good.csv"));
    await office.call("loadAreaNames", null);
    office.host.choose("area-names", office.path("bad.csv"));
    expect(await office.refusal("loadAreaNames", null)).toBe("bad-names");
    expect(await office.call("areaNames", null)).toHaveLength(1);
  });
});
