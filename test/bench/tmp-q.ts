import { openStore } from "../../main/adapters/store/open.ts";
import type { BatchFilter, BatchSort } from "../../shared/ipc/views.ts";

const o = await openStore(process.argv[2] ?? "", () => new Date());
if (!o.ok) throw new Error(JSON.stringify(o.error));
const books = o.value.desk.books;
const NO: BatchFilter = {
  area: null,
  device: null,
  verdict: null,
  reason: null,
  state: null,
  day: null,
  text: "",
};
const time = (what: string, work: () => unknown) => {
  const t0 = process.cpuUsage();
  const r = work();
  console.log(
    ((process.cpuUsage(t0).user + process.cpuUsage(t0).system) / 1000).toFixed(1).padStart(8),
    what,
    typeof r === "object" && r !== null && "total" in r ? r.total : "",
  );
};
time("first page", () => books.batches(NO, { by: "tablet", descending: false }, 0, 100));
time("counts", () => books.verdictCounts(NO));
time("facets", () => books.facets());
time("days", () => books.days(null));
time("tablets", () => books.tablets("", null, 13000, 100));
const sorts: BatchSort["by"][] = ["tablet", "area", "verdict", "batch", "bytes", "staged"];
const filters: [string, Partial<BatchFilter>][] = [
  ["none", {}],
  ["conflict", { verdict: "conflict" }],
  ["safe", { verdict: "safe" }],
  ["area", { area: "271000000" }],
  ["day", { day: "2021-10-20" }],
  ["text 12", { text: "12" }],
  ["sent+day", { day: "2021-10-20", state: "sent" }],
  ["reason", { reason: "chunk-mismatch" }],
];
for (const [name, f] of filters)
  for (const by of sorts) {
    const filter = { ...NO, ...f };
    const { total } = books.batches(filter, { by, descending: false }, 0, 1);
    time(`${name} ${by} first`, () => books.batches(filter, { by, descending: false }, 0, 100));
    time(`${name} ${by} last desc`, () => books.batches(filter, { by, descending: true }, 0, 100));
    time(`${name} ${by} middle`, () =>
      books.batches(filter, { by, descending: false }, Math.floor(total / 2), 100),
    );
    time(`${name} ${by} middle next`, () =>
      books.batches(filter, { by, descending: false }, Math.floor(total / 2) + 100, 100),
    );
    time(`${name} ${by} 0.37`, () =>
      books.batches(filter, { by, descending: false }, Math.floor(total * 0.37), 100),
    );
  }
o.value.close();
