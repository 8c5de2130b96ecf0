import { type KeyboardEvent, memo, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { type BatchKey, CELL_LETTERS, type CellLetter, type SequenceView } from "../../shared/ipc/views.ts";
import type { Verdict } from "../../shared/reasons.ts";
import { useWords } from "../i18n.ts";
import { sequenceTitle } from "./cardWords.ts";
import { VerdictMark } from "./icons.tsx";

const CELL_REM = 1.5;
const verdictOf = (letter: string | undefined): Verdict => CELL_LETTERS[(letter ?? "m") as CellLetter];

interface SequenceProps {
  readonly view: SequenceView;
  readonly current: BatchKey | null;
  readonly onOpen: (batch: BatchKey) => void;
}

/** A tablet's batches in a row, one cell each, as shape and colour. Arrow keys walk, Enter opens. */
export function Sequence({ view, current, onOpen }: SequenceProps) {
  const words = useWords();
  return (
    <div className="sequence">
      {view.chains.map((chain) => (
        <section key={chain.chain}>
          {view.chains.length > 1 && (
            <h3 className="small soft">{words.t("sequence.chain", { chain: chain.chain.slice(0, 8) })}</h3>
          )}
          <Cells
            device={view.device}
            title={sequenceTitle(words, view)}
            chain={chain.chain}
            first={chain.first}
            cells={chain.cells}
            current={current !== null && current.chain === chain.chain ? current.seq : null}
            onOpen={onOpen}
          />
          {chain.more > 0 && <p className="small soft">{words.t("sequence.more", { count: chain.more })}</p>}
        </section>
      ))}
    </div>
  );
}

interface CellsProps {
  readonly device: string;
  readonly title: string;
  readonly chain: string;
  readonly first: number;
  readonly cells: string;
  readonly current: number | null;
  readonly onOpen: (batch: BatchKey) => void;
}

function Cells({ device, title, chain, first, cells, current, onOpen }: CellsProps) {
  const words = useWords();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(30);
  const [active, setActive] = useState(current === null ? 0 : current - first);
  useEffect(() => {
    if (current !== null) setActive(current - first);
  }, [current, first]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const cell = CELL_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setColumns(Math.max(5, Math.floor((element.clientWidth - 4) / cell)));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const open = (index: number) => onOpen({ device, chain, seq: first + index });
  const onKeyDown = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = {
      ArrowRight: active + 1,
      ArrowLeft: active - 1,
      ArrowDown: active + columns,
      ArrowUp: active - columns,
      Home: 0,
      End: cells.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      if (to >= 0 && to < cells.length) setActive(to);
    } else if (event.key === "Enter") {
      event.preventDefault();
      open(active);
    }
  };
  const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) => row);
  return (
    <div
      ref={box}
      className="cells"
      role="grid"
      aria-label={title}
      aria-activedescendant={`${id}-${active}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      {rows.map((row) => (
        <div key={row} role="row" className="cells-row" tabIndex={-1}>
          {Array.from({ length: Math.min(columns, cells.length - row * columns) }, (_, column) => {
            const index = row * columns + column;
            const verdict = verdictOf(cells[index]);
            return (
              <Cell
                key={index}
                id={`${id}-${index}`}
                verdict={verdict}
                label={words.t("sequence.cell", {
                  seq: first + index,
                  verdict: words.t(`verdict.${verdict}.name`),
                })}
                active={index === active}
                current={current === first + index}
                onPress={() => {
                  setActive(index);
                  open(index);
                }}
              />
            );
          })}
        </div>
      ))}
    </div>
  );
}

interface CellProps {
  readonly id: string;
  readonly verdict: Verdict;
  readonly label: string;
  readonly active: boolean;
  readonly current: boolean;
  readonly onPress: () => void;
}

const Cell = memo(
  function Cell({ id, verdict, label, active, current, onPress }: CellProps) {
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it has the keys
      <span
        id={id}
        className="cell"
        role="gridcell"
        tabIndex={-1}
        title={label}
        aria-label={label}
        data-active={active ? "" : undefined}
        data-current={current ? "" : undefined}
        onClick={onPress}
      >
        <VerdictMark verdict={verdict} size={14} />
      </span>
    );
  },
  (a, b) =>
    a.verdict === b.verdict &&
    a.label === b.label &&
    a.active === b.active &&
    a.current === b.current &&
    a.id === b.id,
);
