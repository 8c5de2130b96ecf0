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
import { writeChosen } from "../disk/chosen.ts";
import type { Write } from "../disk/durable.ts";

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

/**
 * CSV. Cells that a spreadsheet would take for a formula, because they begin with = + - @, a tab or a carriage return, get an apostrophe
 * before them (OWASP, CSV Injection).
 */
async function writeCsv(table: ReportTable, put: Write, signal: AbortSignal): Promise<number> {
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
async function writeParquet(table: ReportTable, put: Write, signal: AbortSignal): Promise<number> {
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

export const writeReport: WriteReport = async (file, format, table, signal) => {
  let count = 0;
  try {
    const written = await writeChosen(
      file,
      async (put) => {
        count = await (format === "csv" ? writeCsv : writeParquet)(table, put, signal);
      },
      0o600,
    );
    return written.ok ? ok(count) : written;
  } catch (error) {
    if (signal.aborted) return err({ type: "cancelled" });
    throw error;
  }
};
