import { Button } from "react-aria-components";
import type { BatchFilter, BatchKey, BatchRow } from "../../../shared/ipc/views.ts";
import { useArea } from "../../areas.ts";
import { ActButtons } from "../../components/ActButtons.tsx";
import { isNameless, sequenceTitle, shortName, tabletName } from "../../components/cardWords.ts";
import type { Say } from "../../components/Said.tsx";
import { Sequence } from "../../components/Sequence.tsx";
import { useWords } from "../../i18n.ts";
import { useQuery, useSnapshot } from "../../store.ts";

interface PanelProps {
  readonly row: BatchRow | null;
  readonly filter: BatchFilter;
  readonly onOpen: (batch: BatchKey) => void;
  readonly onOnly: (device: string | null) => void;
  readonly said: Say;
}

/** Under the table, always of one height: the sequence of the tablet whose row is chosen. */
export function SequencePanel({ row, filter, onOpen, onOnly, said }: PanelProps) {
  const words = useWords();
  const { t } = words;
  const { person } = useSnapshot().session;
  const mayAct = person?.roles.some((role) => role !== "operator") ?? false;
  return (
    <footer className="sequence-panel">
      {row === null ? (
        <p className="soft">{t("sequence.none")}</p>
      ) : (
        <TabletSequence key={row.device} row={row} onOpen={onOpen}>
          {mayAct && <ActButtons device={row.device} name={tabletName(words, row)} said={said} />}
          {filter.device === null ? (
            <Button className="button button-plain" onPress={() => onOnly(row.device)}>
              {isNameless(row) ? t("filter.one.nameless") : t("filter.one", { name: shortName(words, row) })}
            </Button>
          ) : (
            <Button className="button button-plain" onPress={() => onOnly(null)}>
              {t("filter.clear")}
            </Button>
          )}
        </TabletSequence>
      )}
    </footer>
  );
}

function TabletSequence({
  row,
  onOpen,
  children,
}: {
  readonly row: BatchRow;
  readonly onOpen: (batch: BatchKey) => void;
  readonly children: React.ReactNode;
}) {
  const words = useWords();
  const { t } = words;
  const area = useArea(row.area);
  const { value } = useQuery("sequence", { device: row.device });
  return (
    <>
      <header className="sequence-head">
        <h2>{sequenceTitle(words, row)}</h2>
        <span className="soft">{area}</span>
        <span className="room-space" />
        <span className="soft small">{t("sequence.hint")}</span>
        {children}
      </header>
      {value !== null && (
        <Sequence
          view={value}
          current={{ device: row.device, chain: row.chain, seq: row.seq }}
          onOpen={onOpen}
        />
      )}
    </>
  );
}
