import type { TestCampaign } from "../../../fixtures/campaign.ts";
import { TabletBuilder } from "../../../fixtures/outbox.ts";
import { encodeAck, parseAck } from "../../../main/formats/ack.ts";
import { isAgeFor } from "../../../main/formats/age.ts";
import { encodeAuditHead, parseAuditHead } from "../../../main/formats/audit-head.ts";
import {
  encodeBagReceipt,
  encodeBagStatement,
  parseBagReceipt,
  parseBagStatement,
} from "../../../main/formats/bag.ts";
import { parseCampaign } from "../../../main/formats/campaign.ts";
import { decodeCbor, encodeCbor } from "../../../main/formats/cbor.ts";
import { crlsFromFile, parseCertificate, parseCrl } from "../../../main/formats/certificate.ts";
import { CONTENT_TYPES, parseSign1, type SignedKind } from "../../../main/formats/cose.ts";
import { encodeLedger, parseLedger } from "../../../main/formats/ledger.ts";
import { encodeManifest, parseManifest } from "../../../main/formats/manifest.ts";
import { encodeReceipt, parseReceipt } from "../../../main/formats/receipt.ts";
import { sha256 } from "../../../main/formats/sha256.ts";
import { judgeManifest } from "../../../main/rules/judge.ts";
import { judgeLedger } from "../../../main/rules/ledger.ts";
import { Trust } from "../../../main/rules/trust.ts";
import type { ChainId, DeviceId, Digest, StationId, StoreId } from "../../../shared/ids.ts";
import { CONTRACT, isMethod, METHODS } from "../../../shared/ipc/contract.ts";
import type { Result } from "../../../shared/result.ts";
import { Bag } from "./bag.ts";
import { recordedTalks, replay } from "./talk.ts";

/** What is fuzzed: one reader each, with right inputs to begin from. */
export interface Target {
  readonly name: string;
  readonly seeds: readonly Uint8Array[];
  /** Words of the format, as bytes (latin1). */
  readonly words: readonly string[];
  /** Longest input in bytes. */
  readonly limit: number;
  /** Inputs at the full share. */
  readonly runs: number;
  /** Reads the input. Throws only where a promise is broken: whatever is wrong with the input is a result. */
  run(input: Uint8Array): void | Promise<void>;
}

const CBOR_WORDS = [
  "\xf6",
  "\xf4",
  "\xf5",
  "\xd2\x84",
  "\xa0",
  "\x80",
  "\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
  "\x9f",
  "\xbf",
  "\xff",
  "\xf9\x7e\x00",
  "\x9a\xff\xff\xff\xff",
  "\x5b\x00\x1f\xff\xff\xff\xff\xff\xff",
  "\x61v\x01",
];
const DER_WORDS = [
  "\x30\x82",
  "\x06\x03\x2b\x65\x70",
  "\x30\x80",
  "\x00\x00",
  "\x02\x01",
  "\x03\x21\x00",
  "\x04\x84\xff\xff\xff\xff",
  "\x17\x0d491231235959Z",
  "\x18\x0f99991231235959Z",
  "\xa3",
  "\x01\x01\xff",
];
const PEM_WORDS = ["-----BEGIN X509 CRL-----", "-----END X509 CRL-----", "\n", "="];
const AGE_WORDS = [
  "age-encryption.org/v1\n",
  "-> X25519 ",
  "-> scrypt ",
  "\n--- ",
  "-> ",
  "\n",
  "A".repeat(43),
  "A".repeat(64),
];
const JSON_WORDS = [
  "{",
  "}",
  "[",
  "]",
  "null",
  "1e999",
  "-0",
  '"__proto__":',
  "\\u0000",
  "\\ud800",
  '"',
  ",",
  ":",
  "9007199254740993",
];
const BAG_WORDS = [
  "\n",
  "\r\n",
  "  ",
  "data/",
  "../",
  "./",
  "%0A",
  "%2e%2e%2f",
  "*",
  "\0",
  "C:\\",
  "BagIt-Version: 0.97",
  "UTF-16",
  "\xef\xbb\xbf",
  "Payload-Oxum: ",
];
const MTP_WORDS = [
  "\x03\x00\x01\x20",
  "\x02\x00",
  "\x0c\x00\x00\x00",
  "\xff\xff\xff\xff",
  "\x02\x98",
  "\x05\x98",
  "\x01\x20",
  "\x19\x20",
  "\x00\x02",
];

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** What a reader takes, the writer writes back byte by byte: there is one encoding of everything. */
function roundTrip<T>(
  parse: (bytes: Uint8Array) => Result<T, unknown>,
  encode: (value: T) => Uint8Array,
): (input: Uint8Array) => void {
  return (input) => {
    const parsed = parse(input);
    if (parsed.ok && !same(encode(parsed.value), input))
      throw new Error("was taken, and is written differently");
  };
}

const hex = <T extends string>(bytes: number, digit: string): T => digit.repeat(bytes * 2) as T;
const NOW = new Date("2021-10-20T12:00:00Z");
const MARK = { utc: 1_633_838_400, offset: 300 } as const;

function payloads() {
  const batch = {
    device: hex<DeviceId>(16, "a"),
    chain: hex<ChainId>(16, "b"),
    seq: 7,
    manifest: hex<Digest>(32, "c"),
  };
  const common = { campaign: "kz-2021", station: hex<StationId>(16, "d"), no: 3, made: MARK };
  return {
    statement: encodeBagStatement({
      ...common,
      batches: [{ ...batch, length: 900 }],
      elsewhere: [{ ...batch, seq: 8, status: "staged" }],
      manifest: hex<Digest>(32, "e"),
      audit: null,
    }),
    answer: encodeBagReceipt({
      ...common,
      bag: { station: common.station, no: 3, statement: hex<Digest>(32, "f") },
      audit: null,
      items: [
        { ...batch, status: "staged", reason: "" },
        { ...batch, seq: 8, status: "refused", reason: "chunk-mismatch" },
      ],
    }),
    head: encodeAuditHead({
      store: hex<StoreId>(16, "1"),
      station: common.station,
      no: 9,
      hash: hex<Digest>(32, "2"),
      made: MARK,
    }),
  };
}

/** What JSON cannot say and a structured clone can. */
const revive = (_: string, value: unknown): unknown => {
  switch (value) {
    case "$bigint":
      return 2n ** 64n;
    case "$nan":
      return Number.NaN;
    case "$date":
      return new Date(0);
    case "$map":
      return new Map([["a", 1]]);
    case "$bytes":
      return new Uint8Array(8);
    case "$undefined":
      return undefined;
    default:
      return value;
  }
};

/** A call as the engine's host judges it: an unknown method, or an input out of shape, is refused; nothing throws. */
function ipcCall(input: Uint8Array): void {
  let call: unknown;
  try {
    call = JSON.parse(Buffer.from(input).toString("utf8"), revive);
  } catch {
    return;
  }
  if (!Array.isArray(call)) return;
  const [method, argument] = call as readonly unknown[];
  if (!isMethod(method)) return;
  const parsed = CONTRACT[method].input.safeParse(argument);
  if (parsed.success && parsed.data !== undefined) JSON.stringify(parsed.data);
}

const IPC_ARGUMENTS: readonly unknown[] = [
  undefined,
  null,
  "kk",
  { pin: "1234", person: "1" },
  { device: hex(16, "a"), chain: hex(16, "b"), seq: 1 },
  { filter: {}, sort: { by: "batch", descending: true }, from: 0, count: 50 },
  { path: "/tmp", receipts: true, passphrase: "$nan" },
  { id: "usb:1", language: "ru", name: "Айгүл", role: "operator", pin: "$bigint" },
];

/** `scratch`: an empty folder. */
export async function targets(campaign: TestCampaign, scratch: string): Promise<readonly Target[]> {
  const builder = new TabletBuilder(campaign, await campaign.tablet("0417"));
  const batch = await builder.add({ bodyBytes: 2_000_000, state: "acknowledged" });
  const small = await builder.add({ state: "sent" });
  const files = [...builder.files()];
  const bytesOf = (path: string): Uint8Array =>
    Buffer.concat([...(files.find((file) => file.path === path)?.windows() ?? [])]);
  const ledger = bytesOf("ledger.cose");
  const parts = await campaign.trustParts(NOW);
  // A new one each time: it remembers every chain that it has judged.
  const trust = () => new Trust(...parts);
  const payload = (object: Uint8Array, kind: SignedKind): Uint8Array => {
    const parsed = parseSign1(object, kind);
    if (!parsed.ok) throw new Error("a right object is refused");
    return parsed.value.payload;
  };
  const acks = (() => {
    const parsed = parseLedger(payload(ledger, "ledger"));
    if (!parsed.ok) throw new Error("a right ledger is refused");
    return parsed.value.entries.flatMap((entry) => (entry.ack === undefined ? [] : [entry.ack]));
  })();
  const { statement, answer, head } = payloads();
  const receipt = encodeReceipt({
    campaign: "kz-2021",
    device: builder.device as DeviceId,
    chain: builder.chain as ChainId,
    station: hex<StationId>(16, "d"),
    no: 1,
    made: MARK,
    ledger: null,
    act: "",
    items: [{ seq: 1, manifest: hex<Digest>(32, "c"), status: "refused", reason: "not-age" }],
  });
  const crls = [...(await campaign.crls()).values()];
  const pem = (der: Uint8Array) =>
    `-----BEGIN X509 CRL-----\n${Buffer.from(der).toString("base64")}\n-----END X509 CRL-----\n`;
  const body = Buffer.concat([...(small.body?.windows() ?? [])]);
  const name = { chain: builder.chain as ChainId, seq: 1 };
  const kinds = Object.keys(CONTENT_TYPES) as readonly SignedKind[];
  const bag = new Bag(scratch);
  const cbor = { words: CBOR_WORDS, limit: 8_192, runs: 60_000 };
  return [
    {
      ...cbor,
      name: "CBOR",
      seeds: [
        payload(ledger, "ledger"),
        statement,
        encodeCbor([1, -1, "a", null, true, new Map([[1, "x"]])]),
      ],
      run: roundTrip(decodeCbor, encodeCbor as (value: unknown) => Uint8Array),
    },
    {
      ...cbor,
      name: "COSE",
      seeds: [small.manifest, ledger, ...acks],
      run: (input) => {
        for (const kind of kinds) parseSign1(input, kind);
      },
    },
    {
      ...cbor,
      name: "manifest",
      seeds: [payload(batch.manifest, "manifest"), payload(small.manifest, "manifest")],
      run: roundTrip(parseManifest, encodeManifest),
    },
    {
      ...cbor,
      name: "ledger",
      seeds: [payload(ledger, "ledger")],
      run: roundTrip(parseLedger, encodeLedger),
    },
    {
      ...cbor,
      name: "acknowledgement",
      seeds: acks.map((ack) => payload(ack, "ack")),
      run: roundTrip(parseAck, encodeAck),
    },
    { ...cbor, name: "receipt", seeds: [receipt], run: roundTrip(parseReceipt, encodeReceipt) },
    {
      ...cbor,
      name: "bag statement",
      seeds: [statement],
      run: roundTrip(parseBagStatement, encodeBagStatement),
    },
    { ...cbor, name: "bag receipt", seeds: [answer], run: roundTrip(parseBagReceipt, encodeBagReceipt) },
    { ...cbor, name: "audit head", seeds: [head], run: roundTrip(parseAuditHead, encodeAuditHead) },
    {
      ...cbor,
      name: "signed objects, judged",
      runs: 20_000,
      seeds: [small.manifest, ledger],
      run: (input) => {
        const judged = judgeManifest(name, sha256(input), input, trust(), null);
        if (judged.content?.believed === true && !same(input, small.manifest) && !same(input, batch.manifest))
          throw new Error("a changed manifest is believed");
        const other = judgeLedger(input, trust());
        if (other.reason === null && !same(input, ledger)) throw new Error("a changed ledger is believed");
      },
    },
    {
      name: "X.509",
      words: DER_WORDS,
      limit: 4_096,
      runs: 60_000,
      seeds: [...builder.leaf.chain, campaign.root.der],
      run: (input) => {
        const parsed = parseCertificate(input);
        if (parsed.ok) trust().judgeChain([input], "tablet");
      },
    },
    {
      name: "CRL",
      words: [...DER_WORDS, ...PEM_WORDS],
      limit: 8_192,
      runs: 60_000,
      seeds: [...crls, ...crls.map((der) => Buffer.from(pem(der)))],
      run: (input) => {
        for (const der of crlsFromFile(input)) parseCrl(der);
      },
    },
    {
      name: "age header",
      words: AGE_WORDS,
      limit: 4_096,
      runs: 60_000,
      seeds: [body.subarray(0, 600), body],
      run: (input) => {
        isAgeFor(2, input, input.length);
        isAgeFor(0, input, 2_000_000);
      },
    },
    {
      name: "campaign.json",
      words: JSON_WORDS,
      limit: 4_096,
      runs: 60_000,
      seeds: [Buffer.from(JSON.stringify(campaign.json))],
      run: (input) => {
        parseCampaign(Buffer.from(input).toString("utf8"));
      },
    },
    {
      name: "bag on a disk",
      words: BAG_WORDS,
      limit: 2_048,
      runs: 10_000,
      seeds: Bag.seeds,
      run: (input) => bag.read(input),
    },
    {
      name: "IPC call",
      words: [
        ...JSON_WORDS,
        ...METHODS.map((method) => `"${method}"`),
        '"$bigint"',
        '"$nan"',
        '"$date"',
        '"$map"',
        '"$bytes"',
        '"$undefined"',
      ],
      limit: 1_024,
      runs: 60_000,
      seeds: METHODS.flatMap((method) =>
        IPC_ARGUMENTS.map((argument) => Buffer.from(JSON.stringify([method, argument]))),
      ),
      run: ipcCall,
    },
    {
      name: "MTP session",
      words: MTP_WORDS,
      limit: 32_768,
      runs: 30_000,
      seeds: await recordedTalks(campaign),
      run: replay,
    },
  ];
}
