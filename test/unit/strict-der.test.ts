import { describe, expect, it } from "vitest";
import { makeCrl, TestCampaign } from "../../fixtures/campaign.ts";
import { parseCertificate, parseCrl } from "../../main/formats/certificate.ts";
import { children, type Element, isStrict, readElement, readTime } from "../../main/formats/der.ts";

/** A certificate has one encoding. Whatever its holder could change without a key is refused. */

const campaign = await TestCampaign.create();
const leaf = await campaign.tablet();
const issuer = await campaign.issuer();

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** An element with the shortest length. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const size =
    body.length < 0x80
      ? Buffer.of(body.length)
      : body.length < 0x100
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, body]);
}

function partsOf(der: Uint8Array): readonly Element[] {
  const whole = readElement(der);
  const parts = whole === null ? null : children(whole, 100);
  if (parts === null) throw new Error("no sequence");
  return parts;
}

/** The certificate with its three outer parts changed. The signed part stays as it is. */
function outer(change: (tbs: Buffer, algorithm: Buffer, signature: Buffer) => readonly Uint8Array[]): Buffer {
  const [tbs, algorithm, signature] = partsOf(leaf.der).map((one) => Buffer.from(one.bytes));
  if (tbs === undefined || algorithm === undefined || signature === undefined) throw new Error("not three");
  return element(0x30, ...change(tbs, algorithm, signature));
}

const NULL_PARAMETERS = hex("3007 06032b6570 0500");
const refused = (der: Uint8Array): void =>
  expect(parseCertificate(der)).toEqual({ ok: false, error: "not-a-certificate" });

describe("a certificate whose holder wrote it otherwise", () => {
  it("is taken when nothing was changed", () => {
    expect(parseCertificate(outer((...parts) => parts)).ok).toBe(true);
  });
  it("is refused with NULL parameters in the outer algorithm", () =>
    refused(outer((tbs, _, signature) => [tbs, NULL_PARAMETERS, signature])));
  it("is refused with unused bits in its signature", () =>
    refused(
      outer((tbs, algorithm, signature) => {
        const changed = Buffer.from(signature);
        changed[2] = 1;
        return [tbs, algorithm, changed];
      }),
    ));
  it("is refused with an element behind its signature", () =>
    refused(outer((...parts) => [...parts, hex("0500")])));
  it("is refused with 4 KiB behind its signature", () =>
    refused(outer((...parts) => [...parts, element(0x04, Buffer.alloc(4_096))])));
  it("is refused with a length that is longer than it must be", () => {
    const [head, ...rest] = [leaf.der.subarray(0, 4), leaf.der.subarray(4)];
    if (head?.[1] !== 0x82) throw new Error("another length than was thought");
    refused(Buffer.concat([Buffer.of(0x30, 0x83, 0, head[2] ?? 0, head[3] ?? 0), ...rest]));
  });
  it("is refused with an indefinite length", () =>
    refused(Buffer.concat([hex("3080"), leaf.der.subarray(4), hex("0000")])));
});

/** The certificate with one field of its signed part changed, signed again by its issuer. */
function resigned(change: (fields: readonly Buffer[]) => readonly Uint8Array[]): Buffer {
  const [tbs, algorithm] = partsOf(leaf.der);
  if (tbs === undefined || algorithm === undefined) throw new Error("not three");
  const signed = element(0x30, ...change((children(tbs, 20) ?? []).map((one) => Buffer.from(one.bytes))));
  const signature = issuer.key.sign(signed);
  return element(0x30, signed, algorithm.bytes, element(0x03, Buffer.of(0), signature));
}

const VALIDITY = 4;
const utc = (text: string) => element(0x17, Buffer.from(text, "latin1"));
const generalized = (text: string) => element(0x18, Buffer.from(text, "latin1"));
const valid = (from: Uint8Array, to: Uint8Array) =>
  resigned((fields) => fields.map((one, at) => (at === VALIDITY ? element(0x30, from, to) : one)));
const GOOD = [utc("210901000000Z"), utc("440901000000Z")] as const;

describe("the times of a certificate", () => {
  it("are taken in the forms of RFC 5280", () => {
    expect(parseCertificate(valid(...GOOD)).ok).toBe(true);
    expect(parseCertificate(valid(GOOD[0], generalized("20500101000000Z"))).ok).toBe(true);
  });
  it.each([
    ["month 13", utc("211301000000Z")],
    ["31 February", utc("210231000000Z")],
    ["hour 99", utc("210901990000Z")],
    ["no seconds", utc("2109010000Z")],
    ["no Z", utc("210901000000")],
    ["an offset in place of Z", utc("210901000000+0500")],
    ["a fraction of a second", generalized("20510901000000.5Z")],
    ["GeneralizedTime before 2050", generalized("20210901000000Z")],
    ["letters", utc("not a time...")],
  ])("are refused with %s", (_, time) => {
    refused(valid(time, GOOD[1]));
    refused(valid(GOOD[0], time));
  });
});

const EXTENSIONS = 7;
/** The certificate with other extensions, each as SEQUENCE { OID, critical?, OCTET STRING }. */
const extended = (...list: readonly Uint8Array[]) =>
  resigned((fields) => [...fields.slice(0, EXTENSIONS), element(0xa3, element(0x30, ...list))]);
const BASIC = hex("0603551d13");
const TRUE = hex("0101ff");

describe("an extension", () => {
  const basic = (value: Uint8Array) => element(0x30, BASIC, TRUE, element(0x04, value));
  it("is taken in its one encoding", () => {
    expect(parseCertificate(extended(basic(hex("3000")))).ok).toBe(true);
    expect(parseCertificate(extended(basic(hex("30030101ff")))).ok).toBe(true);
  });
  it("is refused with bytes behind its value", () => refused(extended(basic(hex("3000 00")))));
  it("is refused with a TRUE that is not 0xFF", () => {
    refused(extended(basic(hex("3003010101"))));
    refused(extended(element(0x30, BASIC, hex("010101"), element(0x04, hex("3000")))));
  });
  it("is refused with a default value that is written out", () => {
    refused(extended(basic(hex("3003010100"))));
    refused(extended(element(0x30, BASIC, hex("010100"), element(0x04, hex("3000")))));
  });
  it("that constrains names refuses the chain, critical or not", () => {
    const names = (critical: readonly Uint8Array[]) =>
      parseCertificate(extended(element(0x30, hex("0603551d1e"), ...critical, element(0x04, hex("3000")))));
    for (const critical of [[], [TRUE]])
      expect(names(critical)).toMatchObject({ ok: true, value: { unknownCritical: true } });
  });
});

describe("serial numbers", () => {
  it("of -1 and 255 are two", () => {
    const serial = (content: string) => {
      const read = parseCertificate(
        resigned((fields) => fields.map((one, at) => (at === 1 ? element(0x02, hex(content)) : one))),
      );
      return read.ok ? read.value.serial : read.error;
    };
    expect(serial("00ff")).toBe("ff");
    expect(serial("ff")).toBe("-ff");
    expect(serial("0000ff")).toBe("not-a-certificate");
  });
});

describe("strict DER", () => {
  it.each([
    ["an INTEGER with a leading zero", "02020001"],
    ["an empty INTEGER", "0200"],
    ["a BIT STRING with eight unused bits", "03020800"],
    ["a BIT STRING whose unused bits are set", "03020101"],
    ["a NULL with content", "050100"],
    ["an OID that begins with a zero group", "06022a8001".replace("8001", "80")],
    ["a SEQUENCE that is primitive", "1000"],
    ["an OCTET STRING that is constructed", "24030401aa"],
    ["a SET out of order", "31060201020201 01".replaceAll(" ", "")],
  ])("refuses %s", (_, text) => {
    const read = readElement(hex(text));
    expect(read === null || !isStrict(read)).toBe(true);
  });
  it("reads no time out of another element", () => {
    const element_ = readElement(hex("0201 00"));
    expect(element_ === null ? null : readTime(element_)).toBeNull();
  });
});

/** A list of the issuer with other entries or extensions, signed by it. */
function listOf(change: (fields: readonly Buffer[]) => readonly Uint8Array[], base: Uint8Array): Buffer {
  const [tbs, algorithm] = partsOf(base);
  if (tbs === undefined || algorithm === undefined) throw new Error("not three");
  const signed = element(0x30, ...change((children(tbs, 20) ?? []).map((one) => Buffer.from(one.bytes))));
  return element(0x30, signed, algorithm.bytes, element(0x03, Buffer.of(0), Buffer.alloc(64)));
}

describe("a list of revoked certificates", async () => {
  const base = await makeCrl(issuer, { revoked: [leaf] });
  const withExtension = (id: string, critical: readonly Uint8Array[], value = "020101") =>
    parseCrl(
      listOf(
        (fields) => [
          ...fields.slice(0, -1),
          element(0xa0, element(0x30, element(0x30, hex(id), ...critical, element(0x04, hex(value))))),
        ],
        base,
      ),
    );
  it("is complete as it is", () => {
    expect(parseCrl(base)).toMatchObject({ ok: true, value: { isComplete: true } });
  });
  it.each([
    ["a delta list", "0603551d1b"],
    ["of one distribution point", "0603551d1c"],
  ])("%s never counts, critical or not", (_, id) => {
    expect(withExtension(id, [])).toMatchObject({ ok: true, value: { isComplete: false } });
    expect(withExtension(id, [TRUE])).toMatchObject({ ok: true, value: { isComplete: false } });
  });
  it("with a critical extension of one entry that nobody knows never counts", () => {
    const entry = (critical: readonly Uint8Array[]) =>
      parseCrl(
        listOf((fields) => {
          const extension = element(0x30, hex("06042a030405"), ...critical, element(0x04, hex("0500")));
          const one = element(0x30, hex("020105"), utc("210901000000Z"), element(0x30, extension));
          return fields.map((field, at) => (at === 5 ? element(0x30, one) : field));
        }, base),
      );
    expect(entry([TRUE])).toMatchObject({ ok: true, value: { isComplete: false } });
    expect(entry([])).toMatchObject({ ok: true, value: { isComplete: true } });
  });
  it("whose time cannot be read never counts", () => {
    const read = parseCrl(
      listOf((fields) => fields.map((one, at) => (at === 3 ? utc("211301000000Z") : one)), base),
    );
    expect(read).toMatchObject({ ok: true, value: { isComplete: false, thisUpdate: null } });
  });
  it("of 100,000 entries is read", () => {
    const entries = Buffer.concat(
      Array.from({ length: 100_000 }, (_, at) => {
        const serial = Buffer.alloc(4);
        serial.writeUInt32BE(at + 0x10_00_00_00);
        return element(0x30, element(0x02, serial), utc("210901000000Z"));
      }),
    );
    const size = Buffer.alloc(3);
    size.writeUIntBE(entries.length, 0, 3);
    const long = (tag: number, content: Uint8Array): Buffer => {
      const length = Buffer.alloc(3);
      length.writeUIntBE(content.length, 0, 3);
      return Buffer.concat([Buffer.of(tag, 0x83), length, content]);
    };
    const [tbs, algorithm] = partsOf(base);
    if (tbs === undefined || algorithm === undefined) throw new Error("not three");
    const fields = (children(tbs, 20) ?? []).map((one, at) =>
      at === 5 ? long(0x30, entries) : Buffer.from(one.bytes),
    );
    const der = long(
      0x30,
      Buffer.concat([
        long(0x30, Buffer.concat(fields)),
        algorithm.bytes,
        element(0x03, Buffer.of(0), Buffer.alloc(64)),
      ]),
    );
    const read = parseCrl(der);
    expect(read.ok && read.value.revoked.size).toBe(100_000);
  });
});
