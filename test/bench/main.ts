import { centre } from "./centre-load.ts";
import { scale } from "./centre-scale.ts";
import { folder } from "./folder.ts";
import { plan } from "./plan.ts";
import type { Ratio, Table } from "./ratio.ts";
import { start } from "./start.ts";
import { upload } from "./upload.ts";
import { usb } from "./usb.ts";
import { windows } from "./windows.ts";

/**
 * `npm run bench`: how fast the tool is beside something everybody has, both measured in one run on one machine. Prints a table of
 * ratios; it judges nothing. Names of measurements as arguments run only those.
 */
const measurements: Readonly<Record<string, () => Promise<readonly Ratio[]>>> = {
  upload,
  folder,
  plan,
  start,
  windows,
  usb,
};

/** Measurements of the centre by itself, beside nothing: they print a table of their own, and only where they are named. */
const tables: Readonly<Record<string, () => Promise<readonly Table[]>>> = { centre, scale };

const wanted = process.argv.slice(2);
const known = [...Object.keys(measurements), ...Object.keys(tables)];
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`no such measurement: ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  process.exit(2);
}

function print(lines: Table): void {
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of lines)
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

const lines: string[][] = [["measured", "ours", "beside", "ratio", "aim"]];
for (const [name, measure] of Object.entries(measurements)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const { what, ours, beside, ratio, aim } of await measure())
    lines.push([what, ours, beside, ratio.toFixed(2), aim]);
}
if (lines.length > 1) print(lines);
for (const [name, measure] of Object.entries(tables))
  if (wanted.includes(name))
    for (const table of await measure()) {
      print(table);
      console.log();
    }
