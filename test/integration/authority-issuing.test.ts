import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCertificate, parseCrl, pemBlocks } from "../../main/formats/certificate.ts";
import { pemText } from "../../main/formats/issuing.ts";
import {
  ARC,
  Bench,
  DAY_MS,
  hasOpenssl,
  NOW,
  newId,
  OBLAST,
  OTHER_OBLAST,
  type Ran,
  requester,
} from "./authority.ts";
import { run as runStation } from "./command-line.ts";

/** Certificates for stations, tablets and the centre: who gets one, who does not, and how one is taken back. */

let founded: Bench;
beforeAll(async () => {
  founded = await Bench.open();
  expect((await founded.found()).exit).toBe(0);
});
afterAll(() => founded[Symbol.asyncDispose]());

interface IssuedJson {
  readonly id: string;
  readonly serial: string;
  readonly already: boolean;
  readonly certificate: string;
}

const station = async (bench: Bench, request: string, oblast = OBLAST): Promise<Ran<IssuedJson>> =>
  bench.run(["station", "issue", await bench.put("request.csr", request), "--oblast", oblast]);

/** What openssl says of a chain (leaf first) with all of the folder's lists. */
async function opensslSays(bench: Bench, chain: string, now = NOW): Promise<string> {
  const lists = await Promise.all(
    (await readdir(join(bench.dir, "crl"))).map(async (name) =>
      pemText(await readFile(join(bench.dir, "crl", name)), "X509 CRL"),
    ),
  );
  const [leaf = new Uint8Array(), ...above] = pemBlocks(chain, "CERTIFICATE");
  const pem = (der: Uint8Array): string => pemText(der, "CERTIFICATE");
  return bench.openssl(
    ...["verify", "-x509_strict", "-crl_check_all", "-attime", String(Math.floor(now.getTime() / 1000))],
    ...["-CAfile", join(bench.dir, "ca/root.pem"), "-CRLfile", await bench.put("lists.pem", lists.join(""))],
    ...["-untrusted", await bench.put("above.pem", above.map(pem).join(""))],
    await bench.put("leaf.pem", pem(leaf)),
  ).text;
}

describe("a station's certificate", () => {
  it("carries the id and the key of the request, and everything else is the authority's", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    const { exit, json } = await station(bench, asked.request);
    expect(exit).toBe(0);
    const [der = new Uint8Array(), issuer] = pemBlocks(json.certificate, "CERTIFICATE");
    expect(issuer).toBeDefined();
    const leaf = parseCertificate(der);
    expect(leaf.ok && leaf.value).toMatchObject({
      serialNumbers: [asked.id],
      states: [OBLAST],
      commonNames: [`Station ${asked.id.slice(0, 8)}`],
      extendedKeyUsage: [`${ARC}.2`],
    });
    expect(leaf.ok && Buffer.from(leaf.value.publicKey).toString("hex")).toBe(asked.key);
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 5 });
    if (hasOpenssl) expect(await opensslSays(bench, json.certificate)).toMatch(/: OK/);
  });

  it("asked for again is the same one, byte for byte, and issues nothing", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    const first = await station(bench, asked.request);
    const again = await station(bench, asked.request);
    expect(again.json).toEqual({ ...first.json, already: true });
    expect((await bench.run(["list"])).json).toMatchObject({
      certificates: [{ id: asked.id, state: "valid" }],
    });
  });

  it("is not written over another file, and then nothing is issued", async () => {
    await using bench = await founded.copy();
    const out = await bench.put("station.pem", "something else");
    const file = await bench.put("request.csr", requester(newId()).request);
    const { exit, json } = await bench.run(["station", "issue", file, "--oblast", OBLAST, "--out", out]);
    expect(json).toMatchObject({ error: { type: "exists" } });
    expect(exit).toBe(2);
    expect(await readFile(out, "utf8")).toBe("something else");
    expect((await bench.run(["list"])).json).toEqual({ certificates: [] });
  });

  it("is taken by a real station with the campaign folder of the same authority", async () => {
    await using bench = await Bench.open();
    const now = new Date();
    const to = new Date(now.getTime() + 60 * DAY_MS).toISOString();
    expect((await bench.found({ oblasts: [OBLAST], from: now.toISOString(), to }, { now })).exit).toBe(0);
    const store = bench.path("store");
    const made = await runStation<{ station: string; request: string }>(store, ["init"]);
    const file = await bench.put("station.csr", made.json.request);
    const out = bench.path("station.pem");
    const issued = await bench.run(["station", "issue", file, "--oblast", OBLAST, "--out", out], { now });
    expect(issued.json).toMatchObject({ id: made.json.station, already: false });
    expect((await bench.run(["campaign", "write", bench.path("given")], { now })).exit).toBe(0);
    expect((await runStation(store, ["campaign", "load", bench.path("given")])).json).toMatchObject({
      campaign: "kz-trial",
    });
    expect(await runStation(store, ["station", "certificate", out])).toMatchObject({
      exit: 0,
      json: { station: made.json.station },
    });
  }, 60_000);
});

describe("the centre's certificate", () => {
  it("comes from the centre's own issuer, in the role that acknowledges", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    const { exit, json } = await bench.run<IssuedJson>([
      "central",
      "issue",
      await bench.put("centre.csr", asked.request),
    ]);
    expect(exit).toBe(0);
    const leaf = parseCertificate(pemBlocks(json.certificate, "CERTIFICATE")[0] ?? new Uint8Array());
    expect(leaf.ok && leaf.value).toMatchObject({
      states: ["710000000"],
      extendedKeyUsage: [`${ARC}.3`],
      issuerText: "CN=Sanaq kz-trial centre, ST=710000000",
    });
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [] });
  });
});

describe("a request", () => {
  it.each([
    ["that is none", (): string => "hello", "not-a-request"],
    ["without an id", () => requester("").request, "no-id"],
    ["with an id in capitals", () => requester("AB".repeat(16)).request, "no-id"],
    ["of another oblast", () => requester(newId(), OTHER_OBLAST).request, "wrong-oblast"],
  ] satisfies [string, () => string, string][])("%s is refused with the reason", async (_, request, why) => {
    await using bench = await founded.copy();
    const { exit, json } = await station(bench, request());
    expect(json).toMatchObject({ error: { type: "refused", why } });
    expect(exit).toBe(1);
    expect((await bench.run(["list"])).json).toEqual({ certificates: [] });
  });

  it("that copies another's id with a key of its own is refused", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    await station(bench, asked.request);
    expect((await station(bench, requester(asked.id).request)).json).toMatchObject({
      error: { why: "id-taken" },
    });
  });

  it("for the same key under another oblast's issuer, or in another role, is refused", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    await station(bench, asked.request);
    expect((await station(bench, asked.request, OTHER_OBLAST)).json).toMatchObject({
      error: { why: "wrong-oblast" },
    });
    const file = await bench.put("request.csr", asked.request);
    expect((await bench.run(["central", "issue", file])).json).toMatchObject({ error: { why: "id-taken" } });
  });

  it.skipIf(!hasOpenssl)(
    "that asks for another role, or reuses a key under another id, is refused",
    async () => {
      await using bench = await founded.copy();
      const make = (...more: readonly string[]): string => {
        const subject = ["-subj", `/CN=A station/serialNumber=${newId()}`];
        const { text } = bench.openssl("req", "-new", ...subject, ...more);
        return text.slice(text.indexOf("-----BEGIN CERTIFICATE REQUEST"));
      };
      const central = make(
        "-newkey",
        "ed25519",
        "-nodes",
        "-keyout",
        "own.key",
        "-addext",
        `extendedKeyUsage=${ARC}.3`,
      );
      expect((await station(bench, central)).json).toMatchObject({ error: { why: "wrong-role" } });
      expect((await station(bench, make("-key", "own.key"))).exit).toBe(0);
      expect((await station(bench, make("-key", "own.key"))).json).toMatchObject({
        error: { why: "key-taken" },
      });
    },
  );

  it("after the campaign's end gets nothing", async () => {
    await using bench = await founded.copy();
    const file = await bench.put("request.csr", requester(newId()).request);
    const { json } = await bench.run(["station", "issue", file, "--oblast", OBLAST], {
      now: new Date("2027-02-09T00:00:00Z"),
    });
    expect(json).toMatchObject({ error: { why: "campaign-over" } });
  });

  it("under an issuer that was revoked gets nothing", async () => {
    await using bench = await founded.copy();
    expect((await bench.run(["revoke", `issuer-${OBLAST}`, "--reason", "key"])).exit).toBe(0);
    expect((await station(bench, requester(newId()).request)).json).toMatchObject({
      error: { why: "issuer-refused" },
    });
    expect((await station(bench, requester(newId()).request, OTHER_OBLAST)).exit).toBe(0);
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [] });
  });

  it("for an oblast without an issuer is a mistake of the person, not of the request", async () => {
    await using bench = await founded.copy();
    const { exit, json } = await station(bench, requester(newId()).request, "430000000");
    expect(json).toEqual({ error: { type: "unknown-oblast", oblast: "430000000" } });
    expect(exit).toBe(2);
  });
});

describe("revoking", () => {
  const crlOf = async (bench: Bench, ca: string) => {
    const crl = parseCrl(await readFile(join(bench.dir, "crl", `${ca}.crl`)));
    if (!crl.ok) throw new Error("a list that was written here cannot be read");
    return crl.value;
  };

  it("puts the certificate on its issuer's next list at once, and on no other", async () => {
    await using bench = await founded.copy();
    const { json } = await station(bench, requester(newId()).request);
    const revoked = await bench.run(["revoke", json.id, "--reason", "stolen"]);
    expect(revoked.json).toMatchObject({
      revoked: [json.id],
      crls: [{ issuer: `issuer-${OBLAST}`, number: 2, entries: 1 }],
    });
    const list = await crlOf(bench, `issuer-${OBLAST}`);
    expect([list.number, [...list.revoked]]).toEqual([2n, [json.serial]]);
    expect((await crlOf(bench, `issuer-${OTHER_OBLAST}`)).number).toBe(1n);
    if (hasOpenssl) expect(await opensslSays(bench, json.certificate)).toContain("certificate revoked");
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [] });
    expect((await bench.run(["list", "--state", "revoked"])).json).toMatchObject({
      certificates: [{ id: json.id, reason: "stolen" }],
    });
  });

  it("by serial number does the same, and twice changes nothing", async () => {
    await using bench = await founded.copy();
    const { json } = await station(bench, requester(newId()).request);
    const args = ["revoke", "--serial", json.serial.toUpperCase(), "--reason", "mistake"];
    expect((await bench.run(args)).json).toMatchObject({ revoked: [json.id] });
    expect((await bench.run(args)).json).toEqual({ revoked: [], crls: [] });
    expect((await crlOf(bench, `issuer-${OBLAST}`)).number).toBe(2n);
  });

  it("of somebody unknown among others revokes nobody", async () => {
    await using bench = await founded.copy();
    const { json } = await station(bench, requester(newId()).request);
    const { exit, json: stopped } = await bench.run(["revoke", json.id, newId(), "--reason", "lost"]);
    expect(stopped).toMatchObject({ error: { type: "unknown-certificate" } });
    expect(exit).toBe(2);
    expect((await bench.run(["list", "--state", "revoked"])).json).toEqual({ certificates: [] });
  });

  it("of a holder's key ends it: the same request gets no second certificate", async () => {
    await using bench = await founded.copy();
    const asked = requester(newId());
    await station(bench, asked.request);
    await bench.run(["revoke", asked.id, "--reason", "key"]);
    expect((await station(bench, asked.request)).json).toMatchObject({ error: { why: "revoked" } });
  });
});

describe("renewing lists", () => {
  it("raises the number of every issuer's list and keeps what was revoked; the root's is renewed by name alone", async () => {
    await using bench = await founded.copy();
    const { json } = await station(bench, requester(newId()).request);
    await bench.run(["revoke", json.id, "--reason", "lost"]);
    const week = new Date(NOW.getTime() + 7 * DAY_MS);
    const { exit, json: renewed } = await bench.run(["crl"], { now: week });
    expect(exit).toBe(0);
    expect(renewed).toMatchObject({
      crls: [
        { issuer: "centre", number: 2, entries: 0 },
        { issuer: `issuer-${OBLAST}`, number: 3, entries: 1, nextUpdate: "2026-12-22T09:00:00.000Z" },
        { issuer: `issuer-${OTHER_OBLAST}`, number: 2, entries: 0 },
      ],
    });
    expect((await bench.run(["crl", "--ca", "root"], { now: week })).json).toMatchObject({
      crls: [{ issuer: "root", number: 2 }],
    });
    expect((await bench.run(["verify"], { now: week })).json).toMatchObject({ faults: [] });
  });

  it("on an old backup stops: a list that was given out has a higher number than the log knows", async () => {
    await using bench = await founded.copy();
    await using backup = await bench.copy();
    const { json } = await station(bench, requester(newId()).request);
    await bench.run(["revoke", json.id, "--reason", "stolen"]);
    await bench.run(["campaign", "write", bench.path("given")]);
    for (const args of [
      ["crl", "--published", bench.path("given")],
      ["campaign", "write", bench.path("given")],
    ]) {
      const { exit, json: stopped } = await backup.run(args);
      expect(stopped).toEqual({
        error: { type: "newer-published", ca: `issuer-${OBLAST}`, number: "2", own: 1 },
      });
      expect(exit).toBe(2);
    }
    expect((await bench.run(["crl", "--published", bench.path("given")])).exit).toBe(0);
  });
});

interface TabletsJson {
  readonly issued: number;
  readonly already: number;
  readonly refused: readonly { readonly file: string; readonly why: string }[];
  readonly passedOver: readonly string[];
  readonly run: string;
}

describe("tablets with keys of their own", () => {
  it("get certificates for a folder of requests, each by the issuer of its oblast; bad ones stop nobody", async () => {
    await using bench = await founded.copy();
    const requests = bench.path("requests");
    await mkdir(requests);
    const good = [requester(newId(), OBLAST), requester(newId(), OTHER_OBLAST)];
    for (const one of good) await writeFile(join(requests, `${one.id}.csr`), one.request);
    const nowhere = requester(newId());
    await writeFile(join(requests, `${nowhere.id}.csr`), nowhere.request);
    const renamed = newId();
    await writeFile(join(requests, `${renamed}.csr`), good[0]?.request ?? "");
    await writeFile(join(requests, "notes.txt"), "");
    if (process.platform !== "win32") await symlink("/etc/hostname", join(requests, `${newId()}.csr`));

    const args = ["tablet", "issue", "--requests", requests, "--out", bench.path("out")];
    const { exit, json } = await bench.run<TabletsJson>(args);
    expect(json.issued).toBe(2);
    expect([...json.refused].sort((a, b) => (a.why < b.why ? -1 : 1))).toEqual([
      { file: `${renamed}.csr`, why: "wrong-name" },
      { file: `${nowhere.id}.csr`, why: "wrong-oblast" },
    ]);
    expect(json.passedOver).toHaveLength(process.platform === "win32" ? 1 : 2);
    expect(exit).toBe(1);
    expect((await readdir(bench.path("out"))).sort()).toEqual(good.map(({ id }) => `${id}.pem`).sort());
    const [first] = good;
    const chain = await readFile(bench.path("out", `${first?.id}.pem`), "utf8");
    const leaf = parseCertificate(pemBlocks(chain, "CERTIFICATE")[0] ?? new Uint8Array());
    expect(leaf.ok && leaf.value).toMatchObject({ states: [OBLAST], extendedKeyUsage: [`${ARC}.1`] });
    if (hasOpenssl) expect(await opensslSays(bench, chain)).toMatch(/: OK/);
    expect((await bench.run<TabletsJson>(args)).json).toMatchObject({ issued: 0, already: 2 });
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 6 });
  });

  it("are taken from a list of devices only, with the label and district that it gives", async () => {
    await using bench = await founded.copy();
    const requests = bench.path("requests");
    await mkdir(requests);
    const [listed, other] = [requester(newId()), requester(newId(), OBLAST)];
    for (const one of [listed, other]) await writeFile(join(requests, `${one.id}.csr`), one.request);
    const devices = await bench.put(
      "devices.csv",
      `device;oblast;district;label;serial\r\n${listed.id};${OBLAST};271000000;INV-0417;R52X\r\n`,
    );
    const { json } = await bench.run<TabletsJson>([
      ...["tablet", "issue", "--requests", requests, "--devices", devices, "--out", bench.path("out")],
    ]);
    expect(json).toMatchObject({ issued: 1, refused: [{ file: `${other.id}.csr`, why: "not-in-list" }] });
    await bench.run(["campaign", "write", bench.path("given")]);
    expect(await readFile(bench.path("given", "roster.csv"), "utf8")).toBe(
      `device,name,area\r\n${listed.id},INV-0417,271000000\r\n`,
    );
    const roster = await readFile(join(bench.dir, "roster.csv"), "utf8");
    expect(roster).toContain(`${listed.id},INV-0417,R52X,${OBLAST},271000000,`);
    expect(roster).toContain(",valid,,,tablet");
  });

  it("that name one key twice in one folder get one certificate", async () => {
    await using bench = await founded.copy();
    const requests = bench.path("requests");
    await mkdir(requests);
    const [one, copied] = [newId(), newId()].sort();
    if (one === undefined || copied === undefined || !hasOpenssl) return;
    for (const id of [one, copied]) {
      const keys = id === one ? ["-newkey", "ed25519", "-nodes", "-keyout", "t.key"] : ["-key", "t.key"];
      const subject = `/CN=Tablet/serialNumber=${id}/ST=${OBLAST}`;
      bench.openssl("req", "-new", ...keys, "-subj", subject, "-out", join(requests, `${id}.csr`));
    }
    const { json } = await bench.run(["tablet", "issue", "--requests", requests, "--out", bench.path("out")]);
    expect(json).toMatchObject({ issued: 1, refused: [{ file: `${copied}.csr`, why: "key-taken" }] });
  });
});

describe("tablets that cannot make keys", () => {
  const list = (count: number): string =>
    [
      "device,oblast,district,label",
      ...Array.from({ length: count }, (_, at) => `,${OBLAST},271000000,INV-${String(at).padStart(4, "0")}`),
    ].join("\n");
  const issue = async (bench: Bench, text: string): Promise<Ran<TabletsJson>> =>
    bench.run([
      ...["tablet", "issue", "--devices", await bench.put("devices.csv", text), "--make-keys"],
      ...["--out", bench.path("out")],
    ]);

  it("get keys under random codes that openssl opens, each the key of its certificate", async () => {
    await using bench = await founded.copy();
    const { exit, json } = await issue(bench, list(3));
    expect([exit, json.issued]).toEqual([0, 3]);
    const codes = (await readFile(join(bench.dir, "outgoing", `${json.run}-codes.csv`), "utf8"))
      .trim()
      .split("\n");
    expect(codes).toHaveLength(4);
    for (const line of codes.slice(1)) {
      const [id = "", label, code = ""] = line.split(",");
      expect(label).toMatch(/^INV-000[0-2]$/);
      expect(code).toMatch(/^[a-z2-7]{26}$/);
      const leaf = parseCertificate(
        pemBlocks(await readFile(bench.path("out", `${id}.pem`), "utf8"), "CERTIFICATE")[0] ??
          new Uint8Array(),
      );
      if (!leaf.ok) throw new Error("a certificate cannot be read");
      if (!hasOpenssl) continue;
      const file = join(bench.dir, "outgoing", json.run, `${id}.p8`);
      const { text } = bench.openssl("pkey", "-in", file, "-passin", `pass:${code}`, "-noout", "-text_pub");
      expect(text.replace(/[^0-9a-f]/g, "")).toContain(Buffer.from(leaf.value.publicKey).toString("hex"));
    }
    expect(await readFile(join(bench.dir, "roster.csv"), "utf8")).toContain(",valid,,,authority");
  });

  it("with the same list again get nothing new, and with a longer list only what is new", async () => {
    await using bench = await founded.copy();
    await issue(bench, list(2));
    expect((await issue(bench, list(2))).json).toMatchObject({ issued: 0, already: 2 });
    expect((await issue(bench, list(3))).json).toMatchObject({ issued: 1, already: 2 });
    expect((await bench.run(["verify"])).json).toMatchObject({ faults: [], certificates: 7 });
  });

  it("have their keys removed once they are handed over, and never made again", async () => {
    await using bench = await founded.copy();
    const { json } = await issue(bench, list(2));
    expect((await bench.run(["tablet", "handed", json.run])).exit).toBe(0);
    expect(await readdir(join(bench.dir, "outgoing"))).toEqual([]);
    expect((await bench.run(["tablet", "handed", json.run])).exit).toBe(0);
    expect((await bench.run(["tablet", "handed", "0".repeat(16)])).json).toMatchObject({
      error: { type: "unknown-run" },
    });
    expect((await issue(bench, list(2))).json).toMatchObject({ issued: 0, already: 2 });
  });

  it.each([
    ["a column that nobody knows", "device,oblast,district,label,name\n", 1, "column"],
    ["a missing column", "device,oblast,label\n", 1, "column"],
    ["an id of 31 digits", `device,oblast,district,label\n${"a".repeat(31)},${OBLAST},,A\n`, 2, "device"],
    ["neither id nor label", `device,oblast,district,label\n,${OBLAST},271000000,\n`, 2, "device"],
    ["an oblast without an issuer", "device,oblast,district,label\n,430000000,,A\n", 2, "oblast"],
    ["a district of another oblast", `device,oblast,district,label\n,${OBLAST},351000000,A\n`, 2, "district"],
    ["a person's name as its label", `device,oblast,district,label\n,${OBLAST},,Ivan Ivanov\n`, 2, "label"],
    ["a label twice", `device,oblast,district,label\n,${OBLAST},,A\n,${OBLAST},,A\n`, 3, "twice"],
    ["an open quote", `device,oblast,district,label\n,${OBLAST},,"A\n`, 2, "not-csv"],
  ] as const)("are not issued at all for a list with %s", async (_, text, line, why) => {
    await using bench = await founded.copy();
    const { exit, json } = await issue(bench, text);
    expect(json).toMatchObject({ error: { type: "bad-list", line, why } });
    expect(exit).toBe(2);
    expect((await bench.run(["list"])).json).toEqual({ certificates: [] });
  });
});
