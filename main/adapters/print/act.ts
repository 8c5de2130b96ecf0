import type { Verdict } from "../../../shared/reasons.ts";
import { isUnsettled, VERDICTS } from "../../../shared/reasons.ts";
import type { Finding } from "../../../shared/views.ts";
import type { ActBatch, ActFacts, PrintAct } from "../../engine/ports-act.ts";
import { loadFonts } from "./fonts.ts";
import { qrOf } from "./qr.ts";
import { type Column, INNER, PAGE, Sheet } from "./sheet.ts";
import { type ActWords, grouped, ranges, wordsIn } from "./words.ts";

/** The pages of the hand-over act: Kazakh on the left, Russian on the right, everywhere. */

const kk = wordsIn("kk");
const ru = wordsIn("ru");

const SMALL = 7;
const BODY = 8.5;
/** Label, value, label. */
const FACTS: readonly Column[] = [
  { width: 150 },
  { width: INNER - 300, align: "center", bold: true },
  { width: 150, align: "right" },
];
const COUNTS: readonly Column[] = [
  { width: (INNER - 90) / 2 },
  { width: 90, align: "center", bold: true },
  { width: (INNER - 90) / 2, align: "right" },
];
const MISSING: readonly Column[] = [
  { width: 110 },
  { width: INNER - 220, align: "center", bold: true },
  { width: 110, align: "right" },
];
/** Kazakh verdict, number, digest, bytes, Russian verdict. */
const BATCHES: readonly Column[] = [
  { width: 160 },
  { width: 50, align: "right", bold: true, plain: true },
  { width: 98, align: "center", plain: true },
  { width: INNER - 468, align: "right", plain: true },
  { width: 160, align: "right" },
];

/** A digest's first and last digits. */
const short = (digest: string | null): string =>
  digest === null ? "–" : `${digest.slice(0, 8)} … ${digest.slice(-8)}`;

/** A fact whose words differ. */
function bilingual(
  sheet: Sheet,
  label: "act.unloading" | "act.ledger" | "act.clock",
  say: (words: ActWords) => string,
): void {
  const [left, right] = [say(kk), say(ru)];
  if (left === right) {
    sheet.row([kk.t(label), left, ru.t(label)], FACTS, BODY);
    return;
  }
  const half = (INNER - 200) / 2;
  const columns: readonly Column[] = [
    { width: 100 },
    { width: half, bold: true },
    { width: half, bold: true, align: "right" },
    { width: 100, align: "right" },
  ];
  sheet.row([kk.t(label), left, right, ru.t(label)], columns, BODY);
}

const isOpen = ({ verdict }: ActBatch): boolean => isUnsettled(verdict);

/** Nothing is left for a person to clear up: what the act may say aloud. */
const isComplete = (facts: ActFacts): boolean =>
  facts.unloading.failure === null &&
  facts.ledger?.state === "ok" &&
  !facts.batches.some(isOpen) &&
  facts.findings.every((one) => one.kind === "clock-skew" || one.kind === "crl-stale");

function clockText(words: ActWords, seconds: number | null): string {
  if (seconds === null) return words.t("act.clock.untold");
  if (seconds === 0) return words.t("act.clock.same");
  return words.t(seconds > 0 ? "act.clock.ahead" : "act.clock.behind", {
    seconds: grouped(Math.abs(seconds)),
  });
}

function ledgerText(words: ActWords, { ledger }: ActFacts): string {
  if (ledger === null) return words.name("ledger-state.missing");
  const { no, made, state } = ledger;
  const name =
    state === "ok" || state === "rollback"
      ? words.name(`ledger-state.${state}`)
      : words.name(`reason.${state}.name`);
  const parts = [
    no === null ? "" : words.t("act.ledger-no", { no }),
    made === null ? "" : words.written(made),
    name,
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function heading(sheet: Sheet, facts: ActFacts): void {
  const { no, campaign, made, oblast } = facts;
  sheet.pair(campaign.kk, campaign.ru, { size: BODY, grey: true });
  sheet.skip(6);
  sheet.pair(kk.t("act.title", { no }), ru.t("act.title", { no }), { size: 13.5, bold: true });
  sheet.pair(kk.moment(made), ru.moment(made), { size: 9.5 });
  sheet.skip(6);
  sheet.pair(
    kk.t("act.department", { oblast: kk.oblast(oblast) }),
    ru.t("act.department", { oblast: ru.oblast(oblast) }),
    { size: BODY },
  );
  sheet.skip(5);
  sheet.pair(kk.t("act.preamble"), ru.t("act.preamble"), { size: BODY });
  sheet.skip(8);
}

/** What the whole comes to, in a frame: thick where somebody has to act. */
function verdictBox(sheet: Sheet, facts: ActFacts): void {
  const key = isComplete(facts) ? "act.complete" : "act.incomplete";
  const style = { size: 10, bold: true } as const;
  const width = (INNER - 40) / 2;
  const height =
    Math.max(sheet.heightOf(kk.t(key), width, style), sheet.heightOf(ru.t(key), width, style)) + 14;
  sheet.need(height);
  sheet.box(height, isComplete(facts) ? 0.75 : 2);
  sheet.put(kk.t(key), PAGE.side + 10, sheet.y + 7, width, style);
  sheet.put(ru.t(key), PAGE.side + INNER - width - 10, sheet.y + 7, width, style);
  sheet.skip(height + 8);
}

function factRows(sheet: Sheet, facts: ActFacts): void {
  const { station, tablet, unloading, clockSeconds } = facts;
  const same = (label: "act.tablet" | "act.tablet-id" | "act.station" | "act.station-id", value: string) =>
    sheet.row([kk.t(label), value, ru.t(label)], FACTS, BODY);
  sheet.rule();
  if (tablet.name !== null) same("act.tablet", tablet.name);
  same("act.tablet-id", tablet.id);
  same("act.station", station.name);
  same("act.station-id", station.id);
  bilingual(sheet, "act.unloading", (words) => {
    const stopped = unloading.failure === null ? "" : `, ${words.t("act.stopped")}`;
    return `${words.moment(unloading.ended)}, ${words.t(`act.way.${unloading.way}`)}${stopped}`;
  });
  bilingual(sheet, "act.ledger", (words) => ledgerText(words, facts));
  bilingual(sheet, "act.clock", (words) => clockText(words, clockSeconds));
  sheet.skip(10);
}

function section(
  sheet: Sheet,
  key: "act.totals" | "act.missing" | "act.findings" | "act.batches",
  room: number,
): void {
  sheet.need(room);
  const style = { size: 10, bold: true } as const;
  sheet.put(kk.t(key), PAGE.side, sheet.y, INNER / 2, style);
  sheet.put(ru.t(key), PAGE.side + INNER / 2, sheet.y, INNER / 2, { ...style, align: "right" });
  sheet.skip(sheet.heightOf(kk.t(key), INNER, style) + 3);
  sheet.rule();
}

function totals(sheet: Sheet, { batches }: ActFacts): void {
  const count = (verdict: Verdict) => batches.filter((one) => one.verdict === verdict).length;
  section(sheet, "act.totals", 110);
  sheet.row([kk.t("act.total.all"), grouped(batches.length), ru.t("act.total.all")], COUNTS, BODY);
  for (const verdict of VERDICTS)
    if (count(verdict) > 0 || verdict === "missing" || verdict === "refused")
      sheet.row(
        [kk.t(`act.total.${verdict}`), grouped(count(verdict)), ru.t(`act.total.${verdict}`)],
        COUNTS,
        BODY,
      );
  const bytes = batches.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  sheet.row([kk.t("act.total.bytes"), grouped(bytes), ru.t("act.total.bytes")], COUNTS, BODY);
  sheet.skip(10);
}

const chainsOf = (batches: readonly ActBatch[]): readonly string[] => [
  ...new Set(batches.map((one) => one.chain)),
];

/** Gaps beyond those listed one by one. */
const beyond = (findings: readonly Finding[]): number =>
  findings.reduce((sum, one) => sum + (one.kind === "gap" && "more" in one ? one.more : 0), 0);

function missing(sheet: Sheet, { batches, findings }: ActFacts): void {
  const gone = batches.filter((one) => one.verdict === "missing");
  const more = beyond(findings);
  if (gone.length === 0 && more === 0) return;
  section(sheet, "act.missing", 60);
  for (const chain of chainsOf(gone)) {
    const label = (words: ActWords) => words.t("act.chain", { chain: `${chain.slice(0, 8)} …` });
    const numbers = ranges(gone.filter((one) => one.chain === chain).map((one) => one.seq));
    for (const part of inLines(numbers)) sheet.row([label(kk), part, label(ru)], MISSING, BODY);
  }
  if (more > 0) {
    const count = grouped(more);
    sheet.row([kk.t("act.missing.more", { count }), "", ru.t("act.missing.more", { count })], COUNTS, BODY);
  }
  sheet.skip(10);
}

/** A long list of numbers in parts that fit on a page. */
function inLines(text: string): readonly string[] {
  const parts: string[] = [];
  let part = "";
  for (const one of text.split(", ")) {
    if (part.length + one.length > 500) {
      parts.push(part);
      part = "";
    }
    part = part === "" ? one : `${part}, ${one}`;
  }
  return [...parts, part];
}

/** Findings by kind; a name that somebody gave a file is never printed. */
function findings(sheet: Sheet, facts: ActFacts): void {
  const kinds = [...new Set(facts.findings.map((one) => one.kind))].filter((kind) => kind !== "gap");
  if (kinds.length === 0) return;
  section(sheet, "act.findings", 50);
  for (const kind of kinds) {
    const all = facts.findings.filter((one) => one.kind === kind);
    const seqs = all.flatMap((one) => ("seq" in one ? [one.seq] : []));
    const what =
      seqs.length > 0 ? `№ ${ranges(seqs.sort((a, b) => a - b))}` : all.length > 1 ? String(all.length) : "";
    sheet.row(
      [kk.name(`finding.${kind}.name`), inLines(what)[0] ?? "", ru.name(`finding.${kind}.name`)],
      COUNTS,
      BODY,
    );
  }
  sheet.skip(10);
}

const verdictText = (words: ActWords, { verdict, reason }: ActBatch): string =>
  words.t(`act.verdict.${verdict}`) + (reason === null ? "" : `: ${words.name(`reason.${reason}.name`)}`);

function batchTable(sheet: Sheet, { batches }: ActFacts): void {
  section(sheet, "act.batches", 90);
  const chains = chainsOf(batches);
  const head = () => {
    sheet.rule(sheet.y, 0.75);
    sheet.row(
      [
        kk.t("act.column.verdict"),
        kk.t("act.column.seq"),
        kk.t("act.column.digest"),
        kk.t("act.column.bytes"),
        ru.t("act.column.verdict"),
      ],
      BATCHES.map((column) => ({ ...column, bold: true, plain: false })),
      SMALL,
    );
    sheet.rule(sheet.y, 0.75);
  };
  sheet.table(head, () => {
    for (const chain of chains) {
      const of = batches.filter((one) => one.chain === chain);
      sheet.need(40);
      sheet.row(
        [kk.t("act.chain", { chain }), ru.t("act.chain", { chain })],
        [{ width: INNER / 2 }, { width: INNER / 2, align: "right" }],
        SMALL,
      );
      for (const batch of of) {
        const columns = isOpen(batch) ? BATCHES.map((column) => ({ ...column, bold: true })) : BATCHES;
        const cells = [
          verdictText(kk, batch),
          String(batch.seq),
          short(batch.manifest),
          batch.bytes === null ? "–" : grouped(batch.bytes),
          verdictText(ru, batch),
        ];
        sheet.row(cells, columns, 8, 1.4);
      }
    }
  });
  sheet.skip(12);
}

/** Both persons' lines, the receipts, the QR code and the log's head: never parted by a page's end. */
function signatures(sheet: Sheet): void {
  sheet.need(130);
  const width = (INNER - 32) / 2;
  const block = (x: number, key: "act.handed" | "act.taken") => {
    sheet.put(`${kk.t(key)}\n${ru.t(key)}`, x, sheet.y, width, { size: BODY, bold: true });
    let y = sheet.y + 48;
    for (const line of ["act.person", "act.signature", "act.date"] as const) {
      sheet.line(x, y, x + width, y);
      sheet.put(`${kk.t(line)} / ${ru.t(line)}`, x, y + 1.5, width, { size: 6.5, grey: true });
      y += 28;
    }
  };
  block(PAGE.side, "act.handed");
  block(PAGE.side + width + 32, "act.taken");
  sheet.skip(126);
}

function proof(sheet: Sheet, facts: ActFacts, code: string): void {
  const { size, runs } = qrOf(code);
  const module = 1.75;
  const side = size * module;
  const lines = facts.receipts.length;
  sheet.need(Math.max(side + 8, 70 + lines * 34));
  sheet.rule(sheet.y, 0.75);
  const top = sheet.y + 8;
  const x0 = PAGE.side + INNER - side;
  for (const { x, y, width } of runs)
    sheet.doc.rect(x0 + x * module, top + y * module, width * module, module);
  sheet.doc.fillColor("#000000").fill();

  const width = INNER - side - 20;
  let y = top;
  const say = (text: string, size: number, bold = false) => {
    const style = { size, bold };
    sheet.put(text, PAGE.side, y, width, style);
    y += sheet.heightOf(text, width, style) + 1.5;
  };
  if (lines === 0) say(`${kk.t("act.receipt.none")} / ${ru.t("act.receipt.none")}`, SMALL, true);
  for (const { no, digest, delivered } of facts.receipts) {
    const key = delivered ? "act.receipt.delivered" : "act.receipt.kept";
    say(
      `${kk.t("act.receipt", { no })}: ${kk.t(key)}\n${ru.t("act.receipt", { no })}: ${ru.t(key)}`,
      SMALL,
      true,
    );
    say(digest, SMALL);
  }
  say(`${kk.t("act.log", { no: facts.log.no })}\n${ru.t("act.log", { no: facts.log.no })}`, SMALL, true);
  say(facts.log.hash, SMALL);
  y += 2;
  say(`${kk.t("act.check")}\n${ru.t("act.check")}`, 6);
  say(code, 5);
  sheet.y = Math.max(y, top + side);
}

function footers(sheet: Sheet, { no, tablet }: ActFacts): void {
  const { doc } = sheet;
  const { start, count } = doc.bufferedPageRange();
  for (let at = 0; at < count; at++) {
    doc.switchToPage(start + at);
    const y = PAGE.height - PAGE.bottom + 14;
    sheet.rule(y);
    const third = INNER / 3;
    const page = { page: at + 1, pages: count };
    const style = { size: 6.5, grey: true } as const;
    sheet.put(`${kk.t("act.footer", { no })} · ${kk.t("act.page", page)}`, PAGE.side, y + 4, third, style);
    sheet.put(tablet.id, PAGE.side + third, y + 4, third, { ...style, align: "center" });
    sheet.put(
      `${ru.t("act.footer", { no })} · ${ru.t("act.page", page)}`,
      PAGE.side + 2 * third,
      y + 4,
      third,
      { ...style, align: "right" },
    );
  }
}

/**
 * Makes the pages. Nothing is compressed: what a compressor makes of the same bytes differs from machine to machine, and code and head stand
 * in the file to be found.
 */
export const printAct: PrintAct = async (facts, code, head) => {
  const [{ default: PDFDocument }, fonts] = await Promise.all([import("pdfkit"), loadFonts()]);
  const made = new Date(facts.made.utc * 1000);
  const doc = new PDFDocument({
    size: "A4",
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    bufferPages: true,
    compress: false,
    pdfVersion: "1.7",
    lang: "kk",
    displayTitle: true,
    // None to begin with: it would be one of those that no file holds, and the two below would be opened anew for every cell.
    font: null as unknown as string,
    info: {
      Title: `${kk.t("act.title", { no: facts.no })} / ${ru.t("act.title", { no: facts.no })}`,
      Producer: "Sanaq Unload",
      Creator: "Sanaq Unload",
      CreationDate: made,
      ModDate: made,
      Keywords: code,
      Subject: head,
    },
  });
  const chunks: Buffer[] = [];
  const whole = new Promise<Uint8Array>((resolve, reject) => {
    doc.on("data", (chunk: Buffer) => chunks.push(chunk));
    doc.on("end", () => resolve(Buffer.concat(chunks)));
    doc.on("error", reject);
  });
  doc.registerFont("regular", fonts.regular).registerFont("bold", fonts.bold);
  const sheet = new Sheet(doc);
  heading(sheet, facts);
  verdictBox(sheet, facts);
  factRows(sheet, facts);
  totals(sheet, facts);
  missing(sheet, facts);
  findings(sheet, facts);
  batchTable(sheet, facts);
  signatures(sheet);
  proof(sheet, facts, code);
  footers(sheet, facts);
  doc.end();
  return whole;
};
