import { mkdtemp } from "node:fs/promises";
import { expect } from "vitest";
import { type Authority, type CertificateOptions, type Leaf, TestCampaign } from "../../fixtures/campaign.ts";
import { type BatchOptions, type LedgerOptions, TabletBuilder } from "../../fixtures/outbox.ts";
import { EXIT, exitOfTablet } from "../../main/cli/exit.ts";
import type { BatchReport, Finding, TabletReport } from "../../shared/views.ts";
import { Desk } from "./desk.ts";

/** The formats as their reader has them: an outbox, and the words of docs/formats.md for it. One workstation judges all tablets. */

/** The workstation's clock in every story. */
export const NOW = new Date("2021-10-20T12:00:00Z");

/** What must be said of one tablet. */
export interface Wanted {
  /** `1 staged, 2 malformed, 3 acknowledged`: a refused batch by its reason. Batches of other chains stand first and begin with `older:`. */
  readonly batches: string;
  /** `gap 2, unlisted notes.txt`, in order of the alphabet; the tablet's chain as CHAIN; from 1,000 gaps on their count. Default: none. */
  readonly findings?: string;
  /** `ledger.state`; null: there is no ledger. Default: ok. */
  readonly ledger?: string | null;
  /** Whose tablet it is; null: nobody can say. Default: the tablet's own. */
  readonly device?: string | null;
}

const batchWord = (one: BatchReport, chain: string): string =>
  `${one.chain === chain ? "" : "older:"}${one.seq} ${one.reason ?? one.outcome}`;

function findingWord(one: Finding, chain: string): string {
  const place = (of: string): string => (of === chain ? "" : "older:");
  switch (one.kind) {
    case "gap":
      return "more" in one ? `gap ${place(one.chain)}${one.more} more` : `gap ${place(one.chain)}${one.seq}`;
    case "fork":
    case "not-listed":
    case "damaged":
    case "growing":
    case "false-ack":
      return `${one.kind} ${place(one.chain)}${one.seq}`;
    case "ledger-invalid":
      return `${one.kind} ${one.reason}`;
    case "crl-stale":
      return `${one.kind} ${/^CN=([^,]*)/.exec(one.issuer)?.[1]}`;
    case "unlisted":
      return `${one.kind} ${one.name}`;
    case "unsealed":
      return `${one.kind} ${one.count}`;
    case "chain-forgotten":
    case "head-lowered":
    case "ledger-rollback":
    case "clock-skew":
      return one.kind;
  }
}

/** A report in the words of `Wanted`, for the chain that is the tablet's now. */
export function wordsOf(report: TabletReport, chain: string): Required<Wanted> {
  const older = report.batches.filter((one) => one.chain !== chain);
  const own = report.batches.filter((one) => one.chain === chain);
  const gaps = report.findings.filter((one) => one.kind === "gap" && !("more" in one));
  const told = gaps.length < 1_000 ? report.findings : report.findings.filter((one) => !gaps.includes(one));
  return {
    batches: [...older, ...own].map((one) => batchWord(one, chain)).join(", "),
    findings: [
      ...told.map((one) => findingWord(one, chain)),
      ...(told === report.findings ? [] : [`${gaps.length} gaps`]),
    ]
      .sort()
      .join(", ")
      .replaceAll(chain, "CHAIN"),
    ledger: report.ledger?.state ?? null,
    device: report.device,
  };
}

/** Compares a report with what is wanted, and its exit code with the rule of docs/cli.md. */
export function expectReport(
  report: TabletReport | undefined,
  tablet: Pick<TabletBuilder, "chain" | "device">,
  wanted: Wanted,
): void {
  if (report === undefined) throw new Error("no tablet was unloaded");
  expect(wordsOf(report, tablet.chain)).toEqual({
    findings: "",
    ledger: "ok",
    device: tablet.device,
    ...wanted,
  });
  const refused = report.batches.some((one) => one.outcome === "quarantined");
  const found = report.findings.some((one) => one.kind !== "clock-skew");
  expect(exitOfTablet(report)).toBe(refused || found ? EXIT.needsPerson : EXIT.done);
  for (const one of report.batches) {
    expect(one.reason !== null).toBe(one.outcome === "quarantined");
    if (one.outcome !== "staged") expect(one.bytes).toBe(0);
  }
}

/** A body that is quick to make. */
export const SMALL: BatchOptions = { bodyBytes: 700 };

/** A campaign in force, a store, and a fresh tablet for each question. */
export class Court implements AsyncDisposable {
  readonly desk: Desk;
  readonly campaign: TestCampaign;
  #tablets = 0;

  private constructor(desk: Desk) {
    this.desk = desk;
    this.campaign = desk.campaign;
  }

  /** `prepare`: issues and revokes before the campaign is loaded. */
  static async open(
    prepare: (campaign: TestCampaign) => void | Promise<void> = () => {},
    json: Readonly<Record<string, unknown>> = {},
  ): Promise<Court> {
    const campaign = await TestCampaign.create({ json });
    await campaign.issuer();
    await campaign.centre();
    await prepare(campaign);
    const court = new Court(await Desk.open(campaign, () => NOW));
    await court.desk.loadCampaign();
    return court;
  }

  /** A tablet that this workstation has not seen yet. */
  async tablet(
    options: CertificateOptions & { issuer?: Authority; oblast?: string } = {},
  ): Promise<TabletBuilder> {
    return new TabletBuilder(this.campaign, await this.campaign.tablet(`t${++this.#tablets}`, options));
  }

  /** Writes the tablet's outbox into a folder of its own. */
  async write(tablet: TabletBuilder, ledger: LedgerOptions | null = {}): Promise<string> {
    return tablet.write(await mkdtemp(this.desk.path("outbox-")), ledger);
  }

  /** Unloads a folder by the campaign as it was loaded last. */
  async unload(outbox: string): Promise<TabletReport> {
    const [report] = await this.desk.unloadOnly(outbox);
    if (report === undefined) throw new Error("no tablet was unloaded");
    return report;
  }

  /** Another certificate of the same tablet. */
  again(
    tablet: TabletBuilder,
    options: CertificateOptions & { issuer?: Authority; oblast?: string },
  ): Promise<Leaf> {
    return this.campaign.tablet(`again ${++this.#tablets}`, { id: tablet.device, ...options });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.desk[Symbol.asyncDispose]();
  }
}
