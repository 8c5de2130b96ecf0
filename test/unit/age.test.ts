import { inflateSync } from "node:zlib";
import { Decrypter, Encrypter } from "age-encryption";
import * as vectors from "cctv-age";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestCampaign } from "../../fixtures/campaign.ts";
import { allBytes, encryptedBody, lookalikeBody } from "../../fixtures/outbox/body.ts";
import { isAgeFor, MAX_HEADER_BYTES } from "../../main/formats/age.ts";

/** Asks as the engine does: the first MiB, and the length of all. */
const judge = (recipients: number, file: Uint8Array): boolean =>
  isAgeFor(recipients, file.subarray(0, MAX_HEADER_BYTES), file.length);

const campaign = await TestCampaign.create();
const { central, department } = campaign.recipients;

/** The published vectors of age: textual header, empty line, file. */
function readVector(bytes: Uint8Array) {
  const all = Buffer.from(bytes);
  const end = all.indexOf("\n\n");
  const words = new Map(
    all
      .subarray(0, end)
      .toString()
      .split("\n")
      .map((line) => line.split(": ", 2) as [string, string]),
  );
  const rest = all.subarray(end + 2);
  const file = words.get("compressed") === "zlib" ? inflateSync(rest) : rest;
  const header = file.toString("latin1").split("\n---")[0] ?? "";
  return {
    expected: words.get("expect") ?? "",
    armored: words.has("armored"),
    stanzas: header.match(/^-> X25519 /gm)?.length ?? 0,
    file,
  };
}

/** Wrong only for whoever holds a key: from outside they look like any age file. */
const NEEDS_A_KEY = new Set(["x25519_identity", "x25519_low_order"]);
/** Payloads that are wrong by their length alone. */
const WRONG_LENGTH = new Set([
  "stream_last_chunk_empty",
  "stream_missing_tag",
  "stream_no_chunks",
  "stream_short_chunk",
  "stream_short_second_chunk",
  "stream_trailing_garbage_short",
]);

describe("the published test vectors of age", () => {
  const all = Object.entries(vectors as unknown as Record<string, Uint8Array>).map(
    ([name, bytes]) => [name, readVector(bytes)] as const,
  );

  it("are all here", () => {
    expect(all.length).toBeGreaterThan(140);
  });

  for (const [name, { expected, armored, stanzas, file }] of all) {
    if (armored) {
      it(`${name}: text armour is not a binary file`, () => expect(judge(stanzas, file)).toBe(false));
    } else if (stanzas === 0) {
      it(`${name}: without an X25519 stanza it is for no recipient`, () => {
        for (const wanted of [1, 2, 8]) expect(judge(wanted, file)).toBe(false);
      });
    } else if (expected === "header failure" && !NEEDS_A_KEY.has(name)) {
      it(`${name}: a wrong header is seen without a key`, () => expect(judge(stanzas, file)).toBe(false));
    } else if (WRONG_LENGTH.has(name)) {
      it(`${name}: an impossible length is seen without a key`, () =>
        expect(judge(stanzas, file)).toBe(false));
    } else {
      it(`${name}: right on the outside`, () => {
        expect(judge(stanzas, file)).toBe(true);
        expect(judge(stanzas + 1, file)).toBe(false);
      });
    }
  }
});

describe("bodies made by another age", () => {
  it("are taken for as many recipients as they have, and open with the centre's key", async () => {
    const plain = Buffer.from("household 12\n".repeat(500));
    for (const recipients of [[central], [central, department]]) {
      const file = allBytes(await encryptedBody(plain, recipients));
      expect(judge(recipients.length, file)).toBe(true);
      expect(judge(recipients.length + 1, file)).toBe(false);
      const decrypter = new Decrypter();
      decrypter.addIdentity(campaign.identities.central);
      expect(Buffer.from(await decrypter.decrypt(file))).toEqual(plain);
    }
  });

  it("are taken at every length around the seams of age's own chunks", async () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073])
      expect(judge(1, allBytes(await encryptedBody(Buffer.alloc(size), [central])))).toBe(true);
  });

  it("are refused when the end is cut off within a tag", async () => {
    const file = allBytes(await encryptedBody(Buffer.alloc(65_537), [central]));
    for (let cut = 1; cut <= 16; cut++) expect(judge(1, file.subarray(0, -cut))).toBe(false);
    expect(judge(1, file.subarray(0, -17))).toBe(true);
  });

  it("are refused with a passphrase, alone", async () => {
    const encrypter = new Encrypter();
    encrypter.setPassphrase("census");
    encrypter.setScryptWorkFactor(2);
    expect(judge(1, await encrypter.encrypt("x"))).toBe(false);
  });

  it("do not count stanzas of other kinds", async () => {
    const grease = { wrapFileKey: () => [{ args: ["grease-7", "x"], body: new Uint8Array(50) }] };
    const encrypter = new Encrypter();
    encrypter.addRecipient(central);
    encrypter.addRecipient(grease);
    const file = await encrypter.encrypt("x");
    expect(judge(1, file)).toBe(true);
    expect(judge(2, file)).toBe(false);
  });
});

describe("what is no age file", () => {
  it("is refused: nothing, plain text, zeros, a header alone, a header without an end", () => {
    const line = "age-encryption.org/v1\n";
    for (const text of [
      "",
      "form;answers\n1;2\n",
      "\0".repeat(500),
      line,
      `${line}-> X25519 ${"A".repeat(3_000_000)}`,
    ])
      expect(judge(1, Buffer.from(text, "latin1"))).toBe(false);
  });

  it("is refused with Windows line ends", () => {
    const file = allBytes(lookalikeBody(500, 1, "crlf"));
    const header = file.subarray(0, file.indexOf("---")).toString("latin1");
    const crlf = Buffer.from(header.replaceAll("\n", "\r\n"), "latin1");
    expect(judge(1, Buffer.concat([crlf, file.subarray(header.length)]))).toBe(false);
  });

  it("never ends in an exception, whatever the bytes", () => {
    const good = allBytes(lookalikeBody(700, 2, "mutated"));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.nat(9), (bytes, recipients) => {
        expect(typeof judge(recipients, bytes)).toBe("boolean");
      }),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, cut) => {
        const mutated = Buffer.from(good);
        mutated[at] = byte;
        expect(typeof judge(2, mutated.subarray(0, cut))).toBe("boolean");
      }),
    );
  });
});

describe("the fixtures' large bodies", () => {
  it("look like age files at every size that one can have", () => {
    for (const size of [400, 65_536, 1_048_575, 1_048_576, 1_048_577, 2_097_152])
      for (const recipients of [1, 2])
        expect(judge(recipients, allBytes(lookalikeBody(size, recipients)))).toBe(true);
  });
});
