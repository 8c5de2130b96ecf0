import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useWords } from "../i18n.ts";
import { Icon } from "./icons.tsx";
import { useCopy } from "./useCopy.ts";
import { type LoadedPage, useVirtualRows } from "./useVirtualRows.ts";

export interface Column<Row, Sort extends string> {
  readonly id: string;
  readonly title: string;
  /** CSS grid track. */
  readonly width: string;
  readonly sort?: Sort;
  readonly end?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** The cell as plain text, for copying. */
  readonly text: (row: Row) => string;
}

interface GridProps<Row, Sort extends string> {
  readonly label: string;
  readonly listKey: string;
  readonly load: (offset: number, limit: number) => Promise<LoadedPage<Row> | null>;
  readonly columns: readonly Column<Row, Sort>[];
  readonly sort?: { readonly by: Sort; readonly descending: boolean };
  readonly onSort?: (by: Sort) => void;
  readonly onSelect?: (row: Row) => void;
  readonly onOpen?: (row: Row) => void;
  readonly onTotal?: (total: number) => void;
  readonly rowLabel: (row: Row) => string;
  readonly empty: string;
  /** Which keys do what. */
  readonly hint?: string;
}

const rem = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** A table of any length: rows are asked for as they come into view. Arrows, pages, ends walk; Enter opens; Ctrl+C copies. */
export function Grid<Row, Sort extends string>(props: GridProps<Row, Sort>) {
  const { label, listKey, load, columns, sort, onSort, onSelect, onOpen, onTotal, rowLabel, empty, hint } =
    props;
  const words = useWords();
  const id = useId();
  const rowHeight = Math.round(2.25 * rem());
  const { scroller, total, track, top, first, last, rowAt, reveal, pageRows } = useVirtualRows(
    listKey,
    load,
    rowHeight,
    rowHeight,
  );
  const [active, setActive] = useState<number | null>(null);
  useEffect(() => {
    if (total !== null) onTotal?.(total);
  }, [total, onTotal]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has no active row yet
  useEffect(() => setActive(null), [listKey]);

  const [copied, copy] = useCopy();
  const moving = useMoving(active ?? 0, top);
  const activeRow = active === null ? null : rowAt(active);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once for every row that becomes active or arrives
  useEffect(() => {
    if (activeRow !== null) onSelect?.(activeRow);
  }, [activeRow]);

  const go = (index: number) => {
    if (total === null || total === 0) return;
    const bound = Math.max(0, Math.min(total - 1, index));
    setActive(bound);
    reveal(bound);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget) return;
    const at = active ?? -1;
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: Math.max(0, at - 1),
      PageDown: at + pageRows,
      PageUp: at - pageRows,
      Home: 0,
      End: (total ?? 1) - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      go(to);
    } else if (event.key === "Enter" && activeRow !== null) {
      event.preventDefault();
      onOpen?.(activeRow);
    } else if (event.key === "c" && (event.ctrlKey || event.metaKey) && activeRow !== null) {
      event.preventDefault();
      copy(columns.map((column) => column.text(activeRow)).join("\t"));
    }
  };
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  const indices = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return (
    <div
      ref={scroller}
      className="grid"
      role="grid"
      aria-label={label}
      aria-description={hint}
      aria-rowcount={total === null ? -1 : total + 1}
      aria-busy={total === null}
      aria-activedescendant={active === null ? undefined : `${id}-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className="grid-head" role="row" aria-rowindex={1} style={{ ...template, height: rowHeight }}>
        {columns.map((column) => (
          <Head key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div className="grid-track" role="presentation" style={{ height: track }}>
        <div className="grid-view" role="presentation" style={{ top: rowHeight }}>
          {indices.map((index) => {
            const row = rowAt(index);
            return (
              <div
                key={index}
                id={`${id}-${index}`}
                className="grid-row"
                role="row"
                aria-rowindex={index + 2}
                aria-selected={index === active}
                aria-label={row === null ? words.t("common.loading") : rowLabel(row)}
                style={{
                  ...template,
                  height: rowHeight,
                  transform: `translateY(${(index - top) * rowHeight}px)`,
                }}
                onPointerDown={() => {
                  setActive(index);
                  scroller.current?.focus({ preventScroll: true });
                }}
                onDoubleClick={() => row !== null && onOpen?.(row)}
              >
                {row === null ? (
                  <span className="grid-wait" role="gridcell" />
                ) : (
                  columns.map((column) => (
                    <span key={column.id} role="gridcell" className={column.end === true ? "end" : undefined}>
                      {column.cell(row)}
                    </span>
                  ))
                )}
              </div>
            );
          })}
        </div>
      </div>
      {total !== null && total > 0 && (
        <p
          className="grid-position"
          role="presentation"
          data-moving={copied || (moving && total > 2 * pageRows) ? "" : undefined}
        >
          {copied ? (
            <span role="status">{words.t("common.copied")}</span>
          ) : (
            <span aria-hidden="true">
              {words.t("table.position", {
                at: words.number((active ?? Math.floor(top)) + 1),
                total: words.number(total),
              })}
            </span>
          )}
        </p>
      )}
      {total === 0 && (
        <div className="grid-empty soft" role="row">
          <span role="gridcell">{empty}</span>
        </div>
      )}
    </div>
  );
}

const MOVING_MS = 1_200;

/** Whether one of the two places changed a moment ago. */
function useMoving(active: number, top: number): boolean {
  const [moving, setMoving] = useState(false);
  const first = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the places themselves are what moves
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    setMoving(true);
    const timer = setTimeout(() => setMoving(false), MOVING_MS);
    return () => clearTimeout(timer);
  }, [active, top]);
  return moving;
}

function Head<Row, Sort extends string>({
  column,
  sort,
  onSort,
}: {
  readonly column: Column<Row, Sort>;
  readonly sort: { readonly by: Sort; readonly descending: boolean } | undefined;
  readonly onSort: ((by: Sort) => void) | undefined;
}) {
  const by = column.sort;
  const sorted = by !== undefined && sort?.by === by;
  return (
    <span
      role="columnheader"
      className={column.end === true ? "end" : undefined}
      aria-sort={sorted ? (sort?.descending === true ? "descending" : "ascending") : undefined}
    >
      {by === undefined || onSort === undefined ? (
        column.title
      ) : (
        <button type="button" className="grid-sort" onClick={() => onSort(by)}>
          {column.title}
          {sorted && <Icon name={sort?.descending === true ? "down" : "up"} size={14} />}
        </button>
      )}
    </span>
  );
}
