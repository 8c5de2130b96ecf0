import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Name, takeInventory } from "../../main/rules/outbox.ts";

const A = "0a".repeat(16);
const file = (name: string, size = 1): Name => ({ name, kind: "file", size });
const folder = (name: string): Name => ({ name, kind: "folder", size: 0 });
const link = (name: string): Name => ({ name, kind: "other", size: 0 });
const usual = [file("ledger.cose", 900), folder("batches"), folder("receipts")];
const inBatches = (...names: Name[]) => takeInventory(usual, names, []);

describe("an outbox's names", () => {
  it("are a ledger, batches in order, and receipts", () => {
    const found = takeInventory(
      usual,
      [
        file(`${A}-00000010.age`, 5),
        file(`${A}-00000002.cose`, 7),
        file(`${A}-00000002.age`, 6),
        file(`${A}-00000010.cose`, 8),
      ],
      [file("0123456789abcdef-00000001.cose")],
    );
    expect(found.ledgerSize).toBe(900);
    expect(found.unlisted).toEqual([]);
    expect(found.batches).toEqual([
      {
        chain: A,
        seq: 2,
        manifest: { path: `batches/${A}-00000002.cose`, size: 7 },
        body: { path: `batches/${A}-00000002.age`, size: 6 },
      },
      {
        chain: A,
        seq: 10,
        manifest: { path: `batches/${A}-00000010.cose`, size: 8 },
        body: { path: `batches/${A}-00000010.age`, size: 5 },
      },
    ]);
  });

  it("may be none at all", () => {
    expect(takeInventory([], [], [])).toEqual({ ledgerSize: null, batches: [], unlisted: [] });
  });

  it("tell a body without a manifest, and a manifest without a body", () => {
    const found = inBatches(file(`${A}-00000001.age`), file(`${A}-00000002.cose`));
    expect(found.batches.map((one) => [one.seq, one.manifest !== null, one.body !== null])).toEqual([
      [1, false, true],
      [2, true, false],
    ]);
  });

  it("take the lowest and the highest seq", () => {
    expect(
      inBatches(file(`${A}-00000001.cose`), file(`${A}-99999999.cose`)).batches.map((one) => one.seq),
    ).toEqual([1, 99_999_999]);
  });

  it.each([
    `${A}-00000000.cose`,
    `${A}-00000000.age`,
    `${A.toUpperCase()}-00000001.cose`,
    `${A}-00000001.COSE`,
    `${A}-00000001.cose.part`,
    `${A}-00000001.cose~`,
    `${A}-00000001.cose `,
    `${A}-00000001.cose\n`,
    ` ${A}-00000001.cose`,
    `.${A}-00000001.cose`,
    `${A}-00000001`,
    `${A}-00000001.`,
    `${A}-00000001.json`,
    `${A}-0000001.cose`,
    `${A}-000000001.cose`,
    `${A}-+0000001.cose`,
    `${A}-0000000a.cose`,
    `${A}-٠٠٠٠٠٠٠١.cose`,
    `${A}_00000001.cose`,
    `${A.slice(1)}-00000001.cose`,
    `${A}0-00000001.cose`,
    `${A.slice(1)}g-00000001.cose`,
    "ledger.cose",
    "Thumbs.db",
    ".nomedia",
    "",
    "..",
  ])("report batches/%s as unlisted", (name) => {
    expect(inBatches(file(name))).toMatchObject({ batches: [], unlisted: [`batches/${name}`] });
  });

  it("report a link or a folder under a good name", () => {
    const found = inBatches(link(`${A}-00000001.cose`), folder(`${A}-00000002.age`));
    expect(found).toMatchObject({
      batches: [],
      unlisted: [`batches/${A}-00000001.cose`, `batches/${A}-00000002.age`],
    });
  });

  it("report whatever else lies in the outbox, a folder once", () => {
    const found = takeInventory(
      [
        ...usual,
        file("notes.txt"),
        folder("photos"),
        file("ledger.cose.bak"),
        file("Ledger.cose"),
        link("shortcut"),
      ],
      [],
      [],
    );
    expect(found.unlisted).toEqual(["notes.txt", "photos", "ledger.cose.bak", "Ledger.cose", "shortcut"]);
  });

  it("report a ledger that is a folder or a link, and know of no ledger then", () => {
    for (const ledger of [folder("ledger.cose"), link("ledger.cose")])
      expect(takeInventory([ledger], [], [])).toEqual({
        ledgerSize: null,
        batches: [],
        unlisted: ["ledger.cose"],
      });
  });

  it("report batches and receipts that are files or links", () => {
    expect(takeInventory([file("batches"), link("receipts")], [], []).unlisted).toEqual([
      "batches",
      "receipts",
    ]);
  });

  it("do not judge receipts that fit, and report those that do not", () => {
    const fits = "0123456789abcdef-00000001.cose";
    const found = takeInventory(
      usual,
      [],
      [
        file(fits),
        file("0123456789abcdef-1.cose"),
        file("0123456789ABCDEF-00000001.cose"),
        file("note.txt"),
        folder("0123456789abcdef-00000002.cose"),
        link("0123456789abcdef-00000003.cose"),
      ],
    );
    expect(found.unlisted).toEqual([
      "receipts/0123456789abcdef-1.cose",
      "receipts/0123456789ABCDEF-00000001.cose",
      "receipts/note.txt",
      "receipts/0123456789abcdef-00000002.cose",
      "receipts/0123456789abcdef-00000003.cose",
    ]);
  });

  it("that stand twice count once, and the second is reported", () => {
    const name = `${A}-00000001.cose`;
    const found = takeInventory([...usual, file("ledger.cose", 3)], [file(name, 4), file(name, 5)], []);
    expect(found.ledgerSize).toBe(900);
    expect(found.batches[0]?.manifest?.size).toBe(4);
    expect(found.unlisted).toEqual(["ledger.cose", `batches/${name}`]);
  });

  it("are each either of a batch or reported, whatever they are", () => {
    const name = fc.oneof(
      fc.string(),
      fc
        .tuple(
          fc.stringMatching(/^[0-9a-fA-F]{31,33}$/),
          fc.stringMatching(/^[0-9]{7,9}$/),
          fc.constantFrom(".age", ".cose", ".COSE", ""),
        )
        .map(([chain, seq, end]) => `${chain}-${seq}${end}`),
    );
    fc.assert(
      fc.property(fc.uniqueArray(name), (names) => {
        const found = inBatches(...names.map((one) => file(one)));
        const taken = found.batches.flatMap((one) =>
          [one.manifest, one.body].flatMap((part) => (part === null ? [] : [part.path])),
        );
        expect([...taken, ...found.unlisted].sort()).toEqual(names.map((one) => `batches/${one}`).sort());
      }),
    );
  });
});
