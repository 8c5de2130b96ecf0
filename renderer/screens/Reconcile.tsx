import { useCallback, useState } from "react";
import { Button, Tab, TabList, TabPanel, Tabs } from "react-aria-components";
import type { BatchFilter, BatchKey, BatchRow, BatchSort } from "../../shared/ipc/views.ts";
import { Days } from "../components/Days.tsx";
import { Icon } from "../components/icons.tsx";
import { ReportDialog } from "../components/Report.tsx";
import { Said, savedAs, useSay } from "../components/Said.tsx";
import { useWords } from "../i18n.ts";
import { BatchTable, type SortBy } from "./reconcile/BatchTable.tsx";
import { Filters, Verdicts } from "./reconcile/Filters.tsx";
import { NO_FILTER } from "./reconcile/filter.ts";
import { SequencePanel } from "./reconcile/SequencePanel.tsx";

const SORT_COLUMNS = {
  tablet: "tablet",
  area: "area",
  batch: "batch",
  bytes: "bytes",
  staged: "station",
  verdict: "verdict",
} as const satisfies Record<SortBy, string>;

interface ReconcileProps {
  readonly onOpen: (batch: BatchKey) => void;
}

/** Every batch of every tablet: what the tablet says, what the station holds, what the centre answered, and the verdict. */
export function Reconcile({ onOpen }: ReconcileProps) {
  const words = useWords();
  const { t } = words;
  const [filter, setFilter] = useState(NO_FILTER);
  const [sort, setSort] = useState<BatchSort>({ by: "tablet", descending: false });
  const [total, setTotal] = useState<number | null>(null);
  const [selected, select] = useState<BatchRow | null>(null);
  const [tab, setTab] = useState("batches");
  const change = useCallback((part: Partial<BatchFilter>) => setFilter((old) => ({ ...old, ...part })), []);
  const said = useSay();
  const sorted = t("table.sorted", {
    column: t(`column.${SORT_COLUMNS[sort.by]}`),
    direction: sort.descending ? "down" : "up",
  });
  return (
    <section className="reconcile" aria-labelledby="reconcile-title">
      <header className="room-head">
        <h1 id="reconcile-title">{t("reconcile.title")}</h1>
        <p className="reconcile-count" role="status">
          {total !== null && t("reconcile.count", { count: total, shown: words.number(total) })}
        </p>
        <span className="room-space" />
        <Said said={said} />
        <span className="unseen" role="status">
          {sorted}
        </span>
        <div className="part-actions">
          <Button
            className="button"
            onPress={() =>
              said.run("retryQuarantine", null, (value) =>
                t("reconcile.retried", { staged: value.staged, refused: value.stillRefused }),
              )
            }
          >
            <Icon name="refresh" size={18} />
            {t("reconcile.retry")}
          </Button>
          <Button
            className="button"
            onPress={() => void said.run("saveCsv", { filter, sort }, savedAs(words))}
          >
            <Icon name="save" size={18} />
            {t("reconcile.csv")}
          </Button>
          <ReportDialog said={said} />
        </div>
      </header>
      <Tabs className="tabs" selectedKey={tab} onSelectionChange={(key) => setTab(String(key))}>
        <div className="reconcile-bar">
          <TabList className="tab-list" aria-label={t("reconcile.title")}>
            <Tab id="batches" className="tab">
              {t("reconcile.batches")}
            </Tab>
            <Tab id="days" className="tab">
              {t("reconcile.days")}
            </Tab>
          </TabList>
          {tab === "batches" && (
            <Filters filter={filter} onChange={change} onClear={() => setFilter(NO_FILTER)} />
          )}
        </div>
        <TabPanel id="batches" className="tab-panel">
          <Verdicts filter={filter} onChange={change} />
          <BatchTable
            filter={filter}
            sort={sort}
            onSort={(by) => setSort((old) => ({ by, descending: old.by === by ? !old.descending : false }))}
            onSelect={select}
            onOpen={onOpen}
            onTotal={setTotal}
          />
          <SequencePanel
            row={selected}
            filter={filter}
            onOpen={onOpen}
            onOnly={(device) => change({ device })}
            said={said}
          />
        </TabPanel>
        <TabPanel id="days" className="tab-panel">
          <Days
            onDay={(day) => {
              setFilter({ ...NO_FILTER, day });
              setTab("batches");
            }}
          />
        </TabPanel>
      </Tabs>
    </section>
  );
}
