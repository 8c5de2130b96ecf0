import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { type PostgresServer, startPostgres } from "../../fixtures/postgres/server.ts";
import { run } from "./command-line.ts";

/** What must be found nowhere on the workstation, however it is written down. */
const IIN = "990101450123";
const NAME = "Ұлжан Өтеғалиқызы Һәкімова";
const PLACE = "Жаңақала ауылы, Тәуелсіздік көшесі 12";
const PASSPHRASE = "a passphrase that nobody would guess 7391";

/** The spellings in which a text can lie in a file. */
function spellings(text: string): readonly Buffer[] {
  const utf8 = Buffer.from(text, "utf8");
  // Of base64 the middle, which is the same whatever stands before it in threes.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.from(
      Buffer.concat([Buffer.alloc(shift), utf8])
        .toString("base64")
        .slice(4, -4),
    ),
  );
  return [utf8, Buffer.from(text, "utf16le"), Buffer.from(utf8.toString("hex")), ...base64];
}

describe("after a whole day's work", () => {
  const folders: string[] = [];
  let server: PostgresServer;
  let work: string;
  let said = "";
  let databasePassword: string;

  beforeAll(async () => {
    server = await startPostgres();
    databasePassword = server.password;
    work = await mkdtemp(join(tmpdir(), "sanaq-secrets-"));
    folders.push(work);
    const store = join(work, "store");
    const campaign = await TestCampaign.create();
    const tablet = new TabletBuilder(campaign, await campaign.tablet("0417"));
    const plain = `{"iin":"${IIN}","name":"${NAME}","place":"${PLACE}"}`;
    await tablet.add({ plain });
    await tablet.add({ plain, bodyOnTablet: (body) => body.subarray(1) });
    await tablet.add({ plain, state: "sent" });
    const outbox = await tablet.write(join(work, "outbox"));
    const command = async (...args: readonly string[]) => {
      const done = await run<{ request?: string }>(store, args, { SANAQ_PASSPHRASE: PASSPHRASE });
      said += `${JSON.stringify(done.json)}\n${done.errors}\n`;
      return done;
    };
    const { json } = await command("init");
    await writeFile(join(work, "station.pem"), await campaign.stationCertificate(json.request ?? ""));
    await command("campaign", "load", await campaign.write(join(work, "campaign")));
    await command("station", "certificate", join(work, "station.pem"));
    await command("unload", "--from", outbox, "--receipts");
    await command("upload", "--to", await server.createDatabase("census"));
    await command(
      "upload",
      "--to",
      `postgresql://postgres:${server.password}@127.0.0.1:${server.port}/nowhere`,
    );
    await command("reconcile");
    await command("quarantine", "list");
    await command("audit", "show");
  }, 180_000);
  afterAll(async () => {
    await server?.stop();
    for (const folder of folders) await rm(folder, { recursive: true });
  });

  const secrets = (): readonly (readonly [string, string])[] => [
    ["an IIN", IIN],
    ["a name", NAME],
    ["a place below the district", PLACE],
    ["the passphrase of the station's key", PASSPHRASE],
    ["the database's password", databasePassword],
  ];

  it("nothing that was said holds a secret or a personal datum", () => {
    expect(said).toContain("staged");
    for (const [what, secret] of secrets())
      for (const spelling of spellings(secret)) expect(said.includes(spelling.toString()), what).toBe(false);
  });

  it("nothing on the workstation does: neither database, nor log, nor file names, nor bodies", async () => {
    const entries = await readdir(join(work, "store"), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const entry of files) {
      const bytes = Buffer.concat([
        Buffer.from(entry.name),
        await readFile(join(entry.parentPath, entry.name)),
      ]);
      for (const [what, secret] of secrets())
        for (const spelling of spellings(secret))
          expect(bytes.includes(spelling), `${what} in ${entry.name}`).toBe(false);
    }
  });
});
