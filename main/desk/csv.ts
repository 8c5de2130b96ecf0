import type { BatchFilter, BatchRow, BatchSort } from "../../shared/ipc/views.ts";
import type { Books } from "../engine/ports-desk.ts";

/**
 * The table of batches as CSV (RFC 4180): UTF-8 with a byte order mark, so that spreadsheets read Kazakh letters. Headings are the words of
 * docs/formats.md and docs/cli.md, the same in every language, so that a file from one department can be read by a program of another.
 */

const COLUMNS = [
  "device",
  "name",
  "area",
  "chain",
  "seq",
  "bytes",
  "tablet",
  "synced",
  "station",
  "stagedAt",
  "reason",
  "centre",
  "answeredAt",
  "verdict",
] as const satisfies readonly (keyof BatchRow)[];

/** Rows taken from the books at once. */
const PAGE = 1_000;

/**
 * One cell. A text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection): a tablet's name is what
 * its certificate says, and must not run on an auditor's machine.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const line = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(",")}\r\n`;

/** The whole list, some rows at a time; other work goes on between them. */
export async function* batchesAsCsv(
  books: Pick<Books, "batches">,
  filter: BatchFilter,
  sort: BatchSort,
): AsyncGenerator<string> {
  yield `\uFEFF${line(COLUMNS)}`;
  for (let offset = 0; ; offset += PAGE) {
    const { total, rows } = books.batches(filter, sort, offset, PAGE);
    yield rows.map((row) => line(COLUMNS.map((column) => row[column]))).join("");
    if (offset + PAGE >= total) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
