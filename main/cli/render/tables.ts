import Table from "cli-table3";
import { printable } from "../../../shared/printable.ts";
import type { QuarantineLine, ReconcileLine, TabletPresence } from "../../../shared/views.ts";
import type { StoreCheck } from "../../engine/api.ts";
import type { Words } from "../words.ts";
import { tellLink } from "./problem.ts";

/** Only lines between heading and rows: tables are read, copied and compared, not looked at. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const made = new Table({
    head: [...head],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: {
      ...{ top: "", "top-mid": "", "top-left": "", "top-right": "" },
      ...{ bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "" },
      ...{ left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "" },
    },
  });
  for (const row of rows) made.push(row.map(printable));
  return made
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const NONE = "–";

/** What is on the cable: what it is, and whether it can be used. */
export function tabletsText(present: readonly TabletPresence[], words: Words): string {
  const { t } = words;
  if (present.length === 0) return t("tablets.none");
  const rows = present.map((one) => [
    one.id,
    one.source,
    [one.manufacturer, one.product].filter((part) => part !== null).join(" ") || NONE,
    one.problem === null ? t("tablets.ready") : tellLink(one.problem, words).what,
  ]);
  const problems = present.flatMap((one) =>
    one.problem === null
      ? []
      : [`${printable(one.source)}: ${t("what-to-do", { text: tellLink(one.problem, words).todo })}`],
  );
  const head = [t("tablets.id"), t("tablets.source"), t("tablets.model"), t("tablets.state")];
  return [table(head, rows), ...problems].join("\n");
}

/** One line per batch: what the tablet says, what the station holds, what the centre answered, and what follows. */
export function reconcileTable(lines: readonly ReconcileLine[], words: Words): string {
  const { t } = words;
  return table(
    [
      t("reconcile.batch"),
      t("reconcile.tablet"),
      t("reconcile.station"),
      t("reconcile.centre"),
      t("reconcile.verdict"),
    ],
    lines.map((line) => [
      String(line.seq),
      line.tablet === null ? NONE : t(`tablet-state.${line.tablet}`),
      line.station === null ? NONE : t(`station-state.${line.station}`),
      line.centre === null ? NONE : t(`centre-state.${line.centre}`),
      t(`verdict.${line.verdict}.name`),
    ]),
  );
}

/** Batches whose files are not as they were saved. */
export function damagedTable(lines: StoreCheck["damaged"], words: Words): string {
  const { t } = words;
  return table(
    [t("quarantine.device"), t("quarantine.batch"), t("store.column.why")],
    lines.map((line) => [line.device ?? NONE, String(line.seq), t(`damage.${line.why}`)]),
  );
}

export function quarantineTable(lines: readonly QuarantineLine[], words: Words): string {
  const { t } = words;
  return table(
    [
      t("quarantine.device"),
      t("quarantine.batch"),
      t("quarantine.reason"),
      t("quarantine.bytes"),
      t("quarantine.since"),
    ],
    lines.map((line) => [
      line.device ?? NONE,
      String(line.seq),
      t(`reason.${line.reason}.name`),
      words.bytes(line.bytes),
      words.moment(line.since),
    ]),
  );
}
