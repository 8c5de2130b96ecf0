import { VERDICTS, type Verdict } from "../../shared/reasons.ts";
import type { Column, EvidenceLine, ReportKind, ReportTable } from "./ports-report.ts";
import type { Slices } from "./slices.ts";

/** Reports for other programs: counts per day, district or campaign, or a line for each batch with what stands behind its verdict. */

const text = <N extends string>(name: N) => ({ name, type: "text" }) as const;
const number = <N extends string>(name: N) => ({ name, type: "number" }) as const;

const BATCH_COLUMNS = [
  text("device"),
  text("chain"),
  number("seq"),
  text("tablet"),
  text("station"),
  text("centre"),
  text("verdict"),
  text("campaign"),
  text("area"),
  text("manifest"),
  number("bytes"),
  number("records"),
  text("madeAt"),
  text("sentAt"),
  { name: "acknowledged", type: "flag" },
  text("day"),
  text("stagedAt"),
  text("reason"),
  text("carriedBy"),
  text("alsoAt"),
  text("answer"),
  text("answeredAt"),
] as const satisfies readonly (Column & { readonly name: keyof EvidenceLine })[];

function* cellsOf(lines: Iterable<EvidenceLine>): Generator<readonly EvidenceLine[keyof EvidenceLine][]> {
  for (const line of lines) yield BATCH_COLUMNS.map(({ name }) => line[name]);
}

const KEYS = {
  day: (line) => line.day,
  district: (line) => line.area,
  campaign: (line) => line.campaign,
} as const satisfies Record<Exclude<ReportKind, "batch">, (line: EvidenceLine) => string | null>;

interface Sums {
  readonly tablets: Set<string>;
  batches: number;
  bytes: number;
  records: number;
  staged: number;
  readonly verdicts: Map<Verdict, number>;
}

const noSums = (): Sums => ({
  tablets: new Set(),
  batches: 0,
  bytes: 0,
  records: 0,
  staged: 0,
  verdicts: new Map(),
});

/**
 * Counts by key; as many sums in memory as there are days, districts or campaigns. What has no key comes first, under an empty one: batches
 * that were never here have no day. `tablets`: how many different ones; bytes and records are of what is staged here.
 */
function* sumsBy(
  key: (line: EvidenceLine) => string | null,
  lines: Iterable<EvidenceLine>,
): Slices<readonly (readonly [string, Sums])[]> {
  const groups = new Map<string, Sums>();
  for (const line of lines) {
    yield;
    const name = key(line) ?? "";
    const sums = groups.get(name) ?? noSums();
    groups.set(name, sums);
    if (line.device !== null) sums.tablets.add(line.device);
    sums.batches++;
    if (line.station === "staged") {
      sums.staged++;
      sums.bytes += line.bytes ?? 0;
      sums.records += line.records ?? 0;
    }
    sums.verdicts.set(line.verdict, (sums.verdicts.get(line.verdict) ?? 0) + 1);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The table of a report. For counts all lines are read first, in slices; for batches as the rows are taken. */
export function* reportTable(by: ReportKind, lines: Iterable<EvidenceLine>): Slices<ReportTable> {
  if (by === "batch") return { columns: BATCH_COLUMNS, rows: cellsOf(lines) };
  const columns = [
    text(by),
    number("tablets"),
    number("batches"),
    number("staged"),
    number("bytes"),
    number("records"),
    ...VERDICTS.map((verdict) => number(verdict)),
  ];
  const groups = yield* sumsBy(KEYS[by], lines);
  const rows = groups.map(([name, sums]) => [
    name,
    sums.tablets.size,
    sums.batches,
    sums.staged,
    sums.bytes,
    sums.records,
    ...VERDICTS.map((verdict) => sums.verdicts.get(verdict) ?? 0),
  ]);
  return { columns, rows };
}
