import { join } from "node:path";
import Database from "better-sqlite3";
import { TabletBuilder } from "../../fixtures/outbox.ts";
import { heldDigest, wholeSums } from "../../main/adapters/store/witness.ts";
import { encodeCbor } from "../../main/formats/cbor.ts";
import { sha256 } from "../../main/formats/sha256.ts";
import { Desk, must } from "./desk.ts";

/** Somebody with the store's files in his hands. */

export interface Line {
  readonly no: number;
  readonly at: string;
  type: string;
  data: string;
  prev: string;
  hash: string;
  held: string | null;
}

/** A desk whose session has ended: unloaded with receipts, so that the key was open, and the head is signed. */
export async function ended(name = "0402"): Promise<{ readonly desk: Desk; readonly tablet: TabletBuilder }> {
  const desk = await Desk.open();
  const tablet = new TabletBuilder(desk.campaign, await desk.campaign.tablet(name));
  await desk.loadCampaign();
  await desk.becomeStation();
  for (let at = 0; at < 3; at++) await tablet.add({ bodyBytes: 900 });
  await desk.unloadOne(await tablet.write(desk.path("outbox")), true);
  must((await desk.engine()).endSession());
  return { desk, tablet };
}

/** Opens the store's database as an attacker does, past the program. */
export function tamper(desk: Desk, work: (db: Database.Database) => void): void {
  desk.closeEngine();
  const db = new Database(join(desk.store, "store.db"));
  try {
    for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[])
      db.exec(`DROP TRIGGER "${name}"`);
    work(db);
  } finally {
    db.close();
  }
}

export const linesIn = (db: Database.Database): readonly Line[] =>
  db.prepare("SELECT * FROM audit ORDER BY no").all() as Line[];

export const numberOf = (db: Database.Database, type: string): number =>
  (db.prepare("SELECT no FROM audit WHERE type = ? ORDER BY no LIMIT 1").get(type) as Line).no;

/** What the hash of a line goes over. */
const hashed = ({ no, at, type, data, prev, held }: Line): Uint8Array =>
  encodeCbor(held === null ? [no, at, type, data, prev] : [no, at, type, data, prev, held]);

/** Makes all hashes anew from line `from` on, after `change` has had each of those lines: a chain that fits again. */
export function rehash(db: Database.Database, from: number, change: (line: Line) => void): void {
  let prev = "0".repeat(64);
  for (const line of linesIn(db)) {
    if (line.no >= from) {
      change(line);
      line.prev = prev;
      line.hash = sha256(hashed(line));
      db.prepare(
        "UPDATE audit SET type = @type, data = @data, prev = @prev, hash = @hash, held = @held WHERE no = @no",
      ).run(line);
    }
    prev = line.hash;
  }
}

/** Makes the sums of all rows anew, as the last line holds them, and that line's hash: what it takes to hide a change of rows. */
export function bindAnew(db: Database.Database): void {
  const kept = wholeSums(db)
    .map(([name, sum]) => ({ name, sum }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const one of kept) db.prepare("UPDATE witness SET sum = @sum WHERE name = @name").run(one);
  const last = linesIn(db).length;
  rehash(db, last, (line) => {
    line.held = heldDigest(kept);
  });
}
