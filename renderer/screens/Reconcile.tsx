import { useCallback, useMemo, useState } from "react";
import {
  Button,
  Input,
  Label,
  SearchField,
  Tab,
  TabList,
  TabPanel,
  Tabs,
  ToggleButton,
} from "react-aria-components";
import type { BatchFilter, BatchKey, BatchRow, BatchSort } from "../../shared/ipc/views.ts";
import { REASONS, TABLET_STATES, VERDICTS } from "../../shared/reasons.ts";
import { useArea, useAreaName } from "../areas.ts";
import { ActButtons } from "../components/ActButtons.tsx";
import { Choice } from "../components/Choice.tsx";
import { isNameless, sequenceTitle, shortName, tabletName } from "../components/cardWords.ts";
import { Days } from "../components/Days.tsx";
import { type Column, Grid } from "../components/Grid.tsx";
import { Icon, VerdictMark } from "../components/icons.tsx";
import { ReportDialog } from "../components/Report.tsx";
import { Said, type Say, savedAs, useSay } from "../components/Said.tsx";
import { Sequence } from "../components/Sequence.tsx";
import { useWords } from "../i18n.ts";
import { call, useQuery, useSnapshot } from "../store.ts";

const NO_FILTER: BatchFilter = {
  area: null,
  device: null,
  verdict: null,
  reason: null,
  state: null,
  day: null,
  text: "",
};
type SortBy = BatchSort["by"];
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

interface FilterProps {
  readonly filter: BatchFilter;
  readonly onChange: (part: Partial<BatchFilter>) => void;
}

function Filters({ filter, onChange, onClear }: FilterProps & { readonly onClear: () => void }) {
  const words = useWords();
  const { t } = words;
  const areaName = useAreaName();
  const facets = useQuery("facets", null);
  const areas = useMemo(
    () =>
      (facets.value?.areas ?? [])
        .map((id) => ({ id, name: areaName(id) }))
        .sort((a, b) => words.compare(a.name, b.name)),
    [facets.value, areaName, words],
  );
  const reasons = REASONS.map((id) => ({ id, name: t(`reason.${id}.name`) })).sort((a, b) =>
    words.compare(a.name, b.name),
  );
  const states = TABLET_STATES.map((id) => ({ id, name: t(`tablet-state.${id}`) }));
  const days = [...(facets.value?.days ?? [])].reverse().map((id) => ({ id, name: words.date(id) }));
  const isSet = JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
  return (
    <div className="filters" role="search" aria-label={t("filter.label")}>
      <SearchField className="search" value={filter.text} onChange={(text) => onChange({ text })}>
        <Label>{t("filter.text")}</Label>
        <span className="search-box">
          <Icon name="search" size={16} />
          <Input placeholder={t("filter.text.hint")} />
        </span>
      </SearchField>
      <Choice
        label={t("filter.area")}
        options={areas}
        value={filter.area}
        onChange={(area) => onChange({ area })}
      />
      <Choice
        label={t("filter.state")}
        options={states}
        value={filter.state}
        onChange={(state) => onChange({ state: state as BatchFilter["state"] })}
      />
      <Choice
        label={t("filter.reason")}
        options={reasons}
        value={filter.reason}
        onChange={(reason) => onChange({ reason: reason as BatchFilter["reason"] })}
      />
      <Choice
        label={t("filter.day")}
        options={days}
        value={filter.day}
        onChange={(day) => onChange({ day })}
      />
      <Button className="button button-plain filters-clear" isDisabled={!isSet} onPress={onClear}>
        {t("filter.clear")}
      </Button>
    </div>
  );
}

/** The verdicts with their counts: a filter and the legend of the shapes at once. */
function Verdicts({ filter, onChange }: FilterProps) {
  const words = useWords();
  const counts = useQuery("verdictCounts", { filter: { ...filter, verdict: null } });
  return (
    <div className="verdicts" role="group" aria-label={words.t("filter.verdict")}>
      {VERDICTS.map((verdict) => (
        <ToggleButton
          key={verdict}
          className="verdict"
          isSelected={filter.verdict === verdict}
          onChange={(chosen) => onChange({ verdict: chosen ? verdict : null })}
        >
          <VerdictMark verdict={verdict} size={18} />
          <span className="verdict-words">
            <b>{counts.value === null ? "\u2007" : words.number(counts.value[verdict])}</b>
            <span>{words.t(`verdict.${verdict}.name`)}</span>
          </span>
        </ToggleButton>
      ))}
    </div>
  );
}

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

function BatchTable({ filter, sort, onSort, onSelect, onOpen, onTotal }: TableProps) {
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
      empty={t(
        JSON.stringify(filter) === JSON.stringify(NO_FILTER) ? "reconcile.nothing" : "reconcile.empty",
      )}
      hint={t("reconcile.copy.hint")}
    />
  );
}

interface PanelProps {
  readonly row: BatchRow | null;
  readonly filter: BatchFilter;
  readonly onOpen: (batch: BatchKey) => void;
  readonly onOnly: (device: string | null) => void;
  readonly said: Say;
}

/** Under the table, always of one height: the sequence of the tablet whose row is chosen. */
function SequencePanel({ row, filter, onOpen, onOnly, said }: PanelProps) {
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
