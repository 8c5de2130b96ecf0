import { useCallback, useMemo } from "react";
import type { BatchFilter, BatchKey, BatchRow, BatchSort } from "../../../shared/ipc/views.ts";
import { useAreaName } from "../../areas.ts";
import { shortName } from "../../components/cardWords.ts";
import { type Column, Grid } from "../../components/Grid.tsx";
import { VerdictMark } from "../../components/icons.tsx";
import { useWords } from "../../i18n.ts";
import { call, useSnapshot } from "../../store.ts";
import { isNarrowed } from "./filter.ts";

export type SortBy = BatchSort["by"];

/** What one side says of a batch: its word, and when or why. Null: nothing. */
type Fact = { readonly word: string; readonly at: string } | null;

const factText = (fact: Fact): string => (fact === null ? "–" : `${fact.word} ${fact.at}`.trim());

function FactCell({ fact }: { readonly fact: Fact }) {
  if (fact === null) return <span className="soft">–</span>;
  return (
    <>
      {fact.word} <span className="soft">{fact.at}</span>
    </>
  );
}

interface TableProps {
  readonly filter: BatchFilter;
  readonly sort: BatchSort;
  readonly onSort: (by: SortBy) => void;
  readonly onSelect: (row: BatchRow) => void;
  readonly onOpen: (batch: BatchKey) => void;
  readonly onTotal: (total: number) => void;
}

/** Every batch that a filter lets through, a line each: what three sides say of it, and the verdict. */
export function BatchTable({ filter, sort, onSort, onSelect, onOpen, onTotal }: TableProps) {
  const words = useWords();
  const { t } = words;
  const areaName = useAreaName();
  const { todayRevision } = useSnapshot().unload;
  const load = useCallback(
    async (offset: number, limit: number) => {
      const answer = await call("batches", { filter, sort, offset, limit });
      return answer.ok ? answer.value : null;
    },
    [filter, sort],
  );
  const columns = useMemo((): readonly Column<BatchRow, SortBy>[] => {
    const name = (row: BatchRow) => shortName(words, row);
    const fact = (word: string | null, at: string | null): Fact =>
      word === null ? null : { word, at: at === null ? "" : words.tableMoment(at) };
    const says = (row: BatchRow) => fact(row.tablet === null ? null : t(`says.${row.tablet}`), row.synced);
    const station = (row: BatchRow): Fact =>
      row.station === "quarantined" && row.reason !== null
        ? { word: t("station-state.quarantined"), at: t(`reason.${row.reason}.name`) }
        : fact(row.station === null ? null : t(`station-state.${row.station}`), row.stagedAt);
    const centre = (row: BatchRow) =>
      fact(row.centre === null ? null : t(`centre-state.${row.centre}`), row.answeredAt);
    const area = (row: BatchRow) => (row.area === null ? "–" : areaName(row.area));
    const size = (row: BatchRow) => (row.bytes === null ? "–" : words.bytes(row.bytes));
    return [
      {
        id: "tablet",
        title: t("column.tablet"),
        width: "minmax(4rem, 0.5fr)",
        sort: "tablet",
        cell: (row) => <b>{name(row)}</b>,
        text: name,
      },
      {
        id: "batch",
        title: t("column.batch"),
        width: "4.4rem",
        sort: "batch",
        end: true,
        cell: (row) => row.seq,
        text: (row) => String(row.seq),
      },
      {
        id: "area",
        title: t("column.area"),
        width: "minmax(8.5rem, 1fr)",
        sort: "area",
        cell: area,
        text: area,
      },
      {
        id: "says",
        title: t("column.says"),
        width: "minmax(12.5rem, 1.5fr)",
        cell: (row) => <FactCell fact={says(row)} />,
        text: (row) => factText(says(row)),
      },
      {
        id: "station",
        title: t("column.station"),
        width: "minmax(11.75rem, 1.5fr)",
        sort: "staged",
        cell: (row) => <FactCell fact={station(row)} />,
        text: (row) => factText(station(row)),
      },
      {
        id: "centre",
        title: t("column.centre"),
        width: "minmax(11.5rem, 1.4fr)",
        cell: (row) => <FactCell fact={centre(row)} />,
        text: (row) => factText(centre(row)),
      },
      {
        id: "bytes",
        title: t("column.bytes"),
        width: "5.2rem",
        sort: "bytes",
        end: true,
        cell: size,
        text: size,
      },
      {
        id: "verdict",
        title: t("column.verdict"),
        width: "minmax(9.5rem, 1.1fr)",
        sort: "verdict",
        cell: (row) => (
          <span className={`grid-verdict verdict-${row.verdict}`}>
            <VerdictMark verdict={row.verdict} />
            {t(`verdict.${row.verdict}.name`)}
          </span>
        ),
        text: (row) => t(`verdict.${row.verdict}.name`),
      },
    ];
  }, [words, t, areaName]);
  return (
    <Grid
      label={t("table.label")}
      listKey={JSON.stringify([filter, sort, todayRevision])}
      load={load}
      columns={columns}
      sort={sort}
      onSort={onSort}
      onSelect={onSelect}
      onOpen={(row) => onOpen({ device: row.device, chain: row.chain, seq: row.seq })}
      onTotal={onTotal}
      rowLabel={(row) =>
        t("table.row", {
          tablet: shortName(words, row),
          batch: row.seq,
          verdict: t(`verdict.${row.verdict}.name`),
        })
      }
      empty={t(isNarrowed(filter) ? "reconcile.empty" : "reconcile.nothing")}
      hint={t("reconcile.copy.hint")}
    />
  );
}
