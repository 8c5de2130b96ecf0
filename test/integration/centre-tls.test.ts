import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type PostgresServer, type ServerFiles, startPostgres } from "../../fixtures/postgres/server.ts";
import { TlsAuthority, type TlsPair } from "../../fixtures/tls.ts";
import { postgresCentre } from "../../main/adapters/centre/centre.ts";
import { PATIENCE } from "../../main/adapters/centre/link.ts";
import { tellCentre } from "../../main/cli/render/problem.ts";
import { wordsOf } from "../../main/cli/words.ts";
import { LANGUAGES } from "../../shared/messages/index.ts";
import { err, ok } from "../../shared/result.ts";
import { wireTo } from "./postgres.ts";
import { batchOf } from "./upload-batch.ts";

/** A protected line to a real server, with certificates made here. */

/** Each server takes its time to start on a machine with other work. */
vi.setConfig({ testTimeout: 180_000 });

const never = new AbortController().signal;
const MIB = 1_048_576;
let folder: string;
let ours: TlsAuthority;
let strange: TlsAuthority;
let stations: TlsAuthority;
const servers: PostgresServer[] = [];
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sanaq-tls-"));
  [ours, strange, stations] = await Promise.all([
    TlsAuthority.create("Centre authority"),
    TlsAuthority.create("Somebody"),
    TlsAuthority.create("Stations authority"),
  ]);
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const HBA = `
host    all postgres 127.0.0.1/32 scram-sha-256
hostssl all station_cert 127.0.0.1/32 cert
`;

async function serverWith(pair: TlsPair, more: ServerFiles = {}): Promise<PostgresServer> {
  const settings = ["ssl=on", "ssl_cert_file=FILES/server.crt", "ssl_key_file=FILES/server.key"];
  settings.push("ssl_ca_file=FILES/clients.crt", "hba_file=FILES/hba.conf");
  if ("clients.crl" in more) settings.push("ssl_crl_file=FILES/clients.crl");
  const server = await startPostgres(settings, {
    "server.crt": pair.certificate,
    "server.key": pair.key,
    "clients.crt": stations.certificate,
    "hba.conf": HBA,
    ...more,
  });
  servers.push(server);
  return server;
}

async function file(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, randomBytes(6).toString("hex"));
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

function addressOf(url: string, parameters: Readonly<Record<string, string>>, user?: string): string {
  const address = new URL(url);
  if (user !== undefined) {
    address.username = user;
    address.password = "";
  }
  for (const [name, value] of Object.entries({ sslmode: "verify-full", ...parameters }))
    address.searchParams.set(name, value);
  return address.href;
}

async function opened(address: string) {
  const centre = postgresCentre(address, { ...PATIENCE, connect: 8_000 });
  if (!centre.ok) return centre;
  cleanups.push(() => centre.value.close());
  return centre.value.open(never);
}

const fault = (why: string, detail: unknown = "") => err({ type: "tls", why, detail });

describe("a protected line", () => {
  let server: PostgresServer;
  let url: string;
  let root: string;
  beforeAll(async () => {
    server = await serverWith(await ours.server(["127.0.0.1", "centre.example"]));
    url = await server.createDatabase("census");
    root = await file(ours.certificate);
  });

  test("is made, and the batches go over it, also a long one", async () => {
    const centre = postgresCentre(addressOf(url, { sslrootcert: root }));
    if (!centre.ok) throw new Error("bad address");
    cleanups.push(() => centre.value.close());
    const batch = batchOf(randomBytes(20 * MIB + 5));
    expect(await centre.value.upload(batch, () => {}, never)).toEqual(ok("accepted"));
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(
      "SELECT s.ssl, s.version FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'sanaq-unload'",
    );
    await client.end();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows)
      expect(row).toEqual({ ssl: true, version: expect.stringMatching(/^TLSv1\.[23]$/) });
  });

  test("is checked in full under every weaker mode too", async () => {
    const other = await file(strange.certificate);
    for (const sslmode of ["require", "verify-ca", "verify-full"]) {
      expect(await opened(addressOf(url, { sslmode, sslrootcert: root }))).toEqual(ok(undefined));
      expect(await opened(addressOf(url, { sslmode, sslrootcert: other }))).toEqual(
        fault("server-unknown-authority"),
      );
    }
    expect(await opened(addressOf(url, {}))).toEqual(fault("server-unknown-authority"));
  });

  test("to a server whose certificate names another host is refused", async () => {
    expect(await opened(addressOf(url, { sslrootcert: root, host: "localhost" }))).toEqual(
      fault("server-other-host"),
    );
  });

  test("without a word ends in bounded time, in either direction", async () => {
    for (const direction of ["to-server", "from-server"] as const) {
      const line = await wireTo(url);
      cleanups.push(() => line.close());
      const made = postgresCentre(addressOf(line.url, { sslrootcert: root }), { ...PATIENCE, stall: 400 });
      if (!made.ok) throw new Error("bad address");
      cleanups.push(() => made.value.close());
      expect(await made.value.open(never)).toEqual(ok(undefined));
      line.whenSent(6 * MIB, () => line.hold(direction));
      const answer = await made.value.upload(batchOf(randomBytes(24 * MIB)), () => {}, never);
      expect(answer).toEqual(err({ type: "unreachable", code: "ETIMEDOUT" }));
    }
  });

  test("names the file of the address that cannot be used, and shows no path", async () => {
    const rubbish = await file("not PEM at all");
    const pair = await stations.client("station_cert");
    const [certificate, key] = [await file(pair.certificate), await file(pair.key)];
    const nowhere = join(folder, "nowhere.pem");
    const cases = [
      [{ sslrootcert: nowhere }, fault("bad-file", "sslrootcert")],
      [{ sslrootcert: root, sslcert: nowhere, sslkey: key }, fault("bad-file", "sslcert")],
      [{ sslrootcert: root, sslcert: certificate, sslkey: rubbish }, fault("bad-file", "sslkey")],
      [{ sslrootcert: root, sslcrl: rubbish }, fault("bad-file", "sslcrl")],
      [
        { sslrootcert: root, sslcert: certificate, sslkey: await file(pair.key, 0o640) },
        fault("key-not-private", "sslkey"),
      ],
    ] as const;
    for (const [parameters, wanted] of cases)
      expect(await opened(addressOf(url, parameters))).toEqual(wanted);
  });

  test("with the station's certificate in place of a password", async () => {
    await admin(url, "CREATE ROLE station_cert LOGIN IN ROLE sanaq_station");
    const clientOf = async (pair: TlsPair) => ({
      sslrootcert: root,
      sslcert: await file(pair.certificate),
      sslkey: await file(pair.key),
    });
    const mine = await clientOf(await stations.client("station_cert"));
    expect(await opened(addressOf(url, mine, "station_cert"))).toEqual(ok(undefined));
    expect(await opened(addressOf(url, { sslrootcert: root }, "station_cert"))).toEqual(
      fault("client-missing"),
    );
    const others = await clientOf(await stations.client("somebody_else"));
    expect(await opened(addressOf(url, others, "station_cert"))).toEqual(fault("client-other-user"));
    const late = await clientOf(await stations.client("station_cert", { from: -9, to: -2 }));
    expect(await opened(addressOf(url, late, "station_cert"))).toEqual(fault("client-expired"));
    const forged = await clientOf(await strange.client("station_cert"));
    expect(await opened(addressOf(url, forged, "station_cert"))).toEqual(fault("client-unknown-authority"));
  });
});

async function admin(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe("a server", () => {
  test("whose certificate has expired, is not valid yet, or was revoked", async () => {
    const root = await file(ours.certificate);
    const url = async (pair: TlsPair) => (await serverWith(pair)).createDatabase("census");
    const expired = await url(await ours.server(["127.0.0.1"], { from: -9, to: -1 }));
    expect(await opened(addressOf(expired, { sslrootcert: root }))).toEqual(fault("server-expired"));
    const early = await url(await ours.server(["127.0.0.1"], { from: 1, to: 9 }));
    expect(await opened(addressOf(early, { sslrootcert: root }))).toEqual(fault("server-not-yet-valid"));

    const pair = await ours.server(["127.0.0.1"]);
    const revoked = await url(pair);
    const lists = {
      none: await file(await ours.revoking([])),
      this: await file(await ours.revoking([pair])),
      old: await file(await ours.revoking([], 1)),
    };
    const at = (sslcrl: string) => opened(addressOf(revoked, { sslrootcert: root, sslcrl }));
    expect(await at(lists.none)).toEqual(ok(undefined));
    expect(await at(lists.this)).toEqual(fault("server-revoked"));
    expect(await at(lists.old)).toEqual(fault("server-unknown-revocation"));
  });

  test("that revoked this station's certificate, or offers no protected line", async () => {
    const root = await file(ours.certificate);
    const [lost, good] = [await stations.client("station_cert"), await stations.client("station_cert")];
    const server = await serverWith(await ours.server(["127.0.0.1"]), {
      "clients.crl": await stations.revoking([lost]),
    });
    const url = await server.createDatabase("census");
    expect(await opened(addressOf(url, { sslrootcert: root }))).toEqual(ok(undefined));
    await admin(url, "CREATE ROLE station_cert LOGIN IN ROLE sanaq_station");
    const as = async (pair: TlsPair) =>
      opened(
        addressOf(
          url,
          { sslrootcert: root, sslcert: await file(pair.certificate), sslkey: await file(pair.key) },
          "station_cert",
        ),
      );
    expect(await as(lost)).toEqual(fault("client-revoked"));
    expect(await as(good)).toEqual(ok(undefined));

    const plain = await startPostgres();
    servers.push(plain);
    const unprotected = await plain.createDatabase("census");
    expect(await opened(addressOf(unprotected, { sslrootcert: root }))).toEqual(fault("no-tls"));
  });
});

test("every fault is told in words of its own, in three languages", () => {
  const faults = [
    "server-expired",
    "server-other-host",
    "server-unknown-authority",
    "client-revoked",
  ] as const;
  for (const language of LANGUAGES) {
    const told = faults.map((why) => tellCentre({ type: "tls", why, detail: "" }, wordsOf(language)));
    expect(new Set(told.map(({ what }) => what)).size).toBe(faults.length);
  }
});
