import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deviceOf, filledPart, verifiedBatch } from "../../fixtures/verified.ts";
import { GroupCommit } from "../../main/adapters/store/commits.ts";
import { inSlices } from "../../main/engine/slices.ts";
import { StoreFolder } from "./store-folder.ts";

describe("batches that wait for the disk together", () => {
  let folder: string;
  let db: Database.Database;
  let transactions: number;
  let together: GroupCommit;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sanaq-together-"));
    db = new Database(join(folder, "rows.db"));
    db.exec("CREATE TABLE rows (no INTEGER PRIMARY KEY) STRICT");
    transactions = 0;
    together = new GroupCommit((work) => {
      transactions++;
      db.transaction(work).immediate();
    });
  });
  afterEach(async () => {
    db.close();
    await rm(folder, { recursive: true });
  });

  const put = (no: number) => () => void db.prepare("INSERT INTO rows (no) VALUES (?)").run(no);
  /** Files that are on the disk already. */
  const written = async () => {};
  const rows = () => db.prepare("SELECT no FROM rows ORDER BY no").pluck().all();

  it("cost one transaction for all that set out together, in the order their files became durable", async () => {
    const order: number[] = [];
    const all = Array.from({ length: 50 }, (_, no) =>
      together.join(folder, written, () => {
        put(no)();
        order.push(no);
      }),
    );
    await Promise.all(all);
    expect(transactions).toBe(1);
    expect(order).toEqual(Array.from({ length: 50 }, (_, no) => no));
  });

  it("take along what comes while they wait, and nobody waits for files that somebody began after them", async () => {
    const slow = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const first = [together.join(folder, written, put(1)), together.join(folder, () => slow.promise, put(2))];
    await setImmediate();
    expect(rows(), "the second's files are on their way").toEqual([]);
    const third = together.join(folder, written, put(3));
    const fourth = together.join(folder, () => late.promise, put(4));
    await setImmediate();
    slow.resolve();
    await Promise.all([...first, third]);
    expect(rows()).toEqual([1, 2, 3]);
    expect(transactions).toBe(1);
    late.resolve();
    await fourth;
    expect(rows()).toEqual([1, 2, 3, 4]);
    expect(transactions).toBe(2);
  });

  it("have no row where their files cannot be written, and the others have", async () => {
    const ended = await Promise.allSettled([
      together.join(folder, written, put(1)),
      together.join(folder, () => Promise.reject(new Error("the disk is full")), put(2)),
      together.join(folder, written, put(3)),
    ]);
    expect(ended.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(rows()).toEqual([1, 3]);
  });

  it("are told of nothing before their row is there for another connection", async () => {
    db.pragma("journal_mode = WAL");
    const other = new Database(join(folder, "rows.db"), { readonly: true });
    const found = async (no: number) => {
      await together.join(folder, written, put(no));
      return other.prepare("SELECT count(*) FROM rows WHERE no = ?").pluck().get(no);
    };
    expect(await Promise.all([1, 2, 3, 4].map(found))).toEqual([1, 1, 1, 1]);
    other.close();
  });

  it("fail alone: one that cannot be written does not stop the others", async () => {
    const ended = await Promise.allSettled([
      together.join(folder, written, put(1)),
      together.join(folder, written, put(2)),
      together.join(folder, written, put(1)),
      together.join(folder, written, put(3)),
    ]);
    expect(ended.map((one) => one.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(rows()).toEqual([1, 2, 3]);
  });

  it("whose folder cannot be made durable have no row, and those of other folders have", async () => {
    const gone = join(folder, "not-there");
    const ended = await Promise.allSettled([
      together.join(folder, written, put(1)),
      together.join(gone, written, put(2)),
      together.join(folder, written, put(3)),
      together.join(gone, written, put(4)),
    ]);
    expect(ended.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect(rows()).toEqual([1, 3]);
  });

  it("of two tablets are all in the store, each with its lines in the audit log side by side", async () => {
    await using home = await StoreFolder.make();
    const store = await home.open();
    const batches = [1, 2, 3, 4, 5, 6].map((seq) =>
      verifiedBatch({ device: deviceOf(seq % 2 === 0 ? "0417" : "0418"), seq, length: 1_000 * seq }),
    );
    const staged = await Promise.all(
      batches.map(async ({ verified, body }) => {
        const { device, chain, seq, manifest, manifestFile } = verified;
        const data = { device, chain, seq, manifest, reason: null, disposition: "done" } as const;
        const part = await filledPart(store, manifestFile, body);
        return store.stage(verified, part, "folder:/card", [{ type: "judged", data }]);
      }),
    );
    expect(staged.every((one) => one.ok)).toBe(true);
    const lines = [...store.audit()].filter(({ type }) => type === "judged" || type === "staged");
    for (let at = 0; at < lines.length; at += 2)
      expect(lines.slice(at, at + 2).map(({ type, data }) => [type, data.seq])).toEqual([
        ["judged", lines[at]?.data.seq],
        ["staged", lines[at]?.data.seq],
      ]);
    expect(lines).toHaveLength(12);
    expect((await inSlices(store.verifyAudit())).ok).toBe(true);
  });
});
