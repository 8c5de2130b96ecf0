import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { stringify } from "csv-stringify/sync";
import {
  ByteWriter,
  type ColumnSource,
  ParquetWriter,
  type SchemaElement,
  type Writer,
} from "hyparquet-writer";
import { err, ok } from "../../../shared/result.ts";
import type { Cell, Column, ReportTable, WriteReport } from "../../engine/ports-report.ts";

/** Reports as files: CSV (RFC 4180) for people and spreadsheets, Parquet for everything else. Some thousand rows in memory at a time. */

const CSV_ROWS = 2_000;
/** Rows of a row group: what a reader takes at once, and what is held here at once. */
const PARQUET_ROWS = 20_000;

/** Rows in pieces of at most `size`. */
function* pieces(rows: Iterable<readonly Cell[]>, size: number): Generator<(readonly Cell[])[]> {
  let piece: (readonly Cell[])[] = [];
  for (const row of rows) {
    piece.push(row);
    if (piece.length < size) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

type Put = (bytes: Uint8Array | string) => Promise<void>;

/**
 * CSV. Cells that a spreadsheet would take for a formula, because they begin with = + - @, a tab or a carriage return, get an apostrophe
 * before them (OWASP, CSV Injection).
 */
async function writeCsv(table: ReportTable, put: Put, signal: AbortSignal): Promise<number> {
  const text = (rows: readonly (readonly Cell[])[]): string =>
    stringify(rows as Cell[][], {
      escape_formulas: true,
      record_delimiter: "windows",
      quoted_match: /[\r\n]/,
      cast: { boolean: (value) => (value ? "true" : "false") },
    });
  await put(text([table.columns.map((column) => column.name)]));
  let count = 0;
  for (const piece of pieces(table.rows, CSV_ROWS)) {
    signal.throwIfAborted();
    await put(text(piece));
    count += piece.length;
  }
  return count;
}

const TYPES: Readonly<Record<Column["type"], Omit<SchemaElement, "name">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  number: { type: "INT64", repetition_type: "OPTIONAL" },
  flag: { type: "BOOLEAN", repetition_type: "OPTIONAL" },
};

/** A value as the writer wants it: whole numbers of 64 bits are BigInt there. */
const parquetValue = (cell: Cell): string | bigint | boolean | null =>
  typeof cell === "number" ? BigInt(cell) : cell;

/** Parquet, a row group at a time; what is encoded goes to the file at once. */
async function writeParquet(table: ReportTable, put: Put, signal: AbortSignal): Promise<number> {
  const { columns } = table;
  const bytes = new ByteWriter();
  const drain = async (): Promise<void> => {
    await put(new Uint8Array(bytes.buffer, 0, bytes.index));
    bytes.index = 0;
  };
  const parquet = new ParquetWriter({
    writer: bytes as unknown as Writer,
    schema: [
      { name: "root", num_children: columns.length },
      ...columns.map(({ name, type }) => ({ name, ...TYPES[type] })),
    ],
    createdBy: "sanaq-unload",
  });
  let count = 0;
  for (const piece of pieces(table.rows, PARQUET_ROWS)) {
    signal.throwIfAborted();
    const columnData = columns.map(
      ({ name }, at): ColumnSource => ({ name, data: piece.map((row) => parquetValue(row[at] ?? null)) }),
    );
    await parquet.write({ columnData, rowGroupSize: PARQUET_ROWS });
    await drain();
    count += piece.length;
  }
  await parquet.finish();
  await drain();
  return count;
}

async function putAll(handle: FileHandle, bytes: Uint8Array | string): Promise<void> {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  for (let at = 0; at < data.length; ) at += (await handle.write(data, at)).bytesWritten;
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export const writeReport: WriteReport = async (file, format, table, signal) => {
  const part = `${file}.part`;
  try {
    const handle = await open(part, "w", 0o600);
    let count: number;
    try {
      const write = format === "csv" ? writeCsv : writeParquet;
      count = await write(table, (bytes) => putAll(handle, bytes), signal);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
    await syncFolder(dirname(file));
    return ok(count);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    if (signal.aborted) return err({ type: "cancelled" });
    const { code, errno } = error as { code?: unknown; errno?: unknown };
    if (typeof code !== "string" || typeof errno !== "number") throw error;
    return err({ type: "disk", code, path: file });
  }
};
