import type { AreaName } from "../../shared/ipc/views.ts";

/** Reads the published classifier of districts: a table of code, name in Kazakh, in Russian and in English, one a line. */

const MOST = 10_000;
const CODE = /^\d{9}$/;
const LONGEST = 400;

/** Cells of one line; quotes as in RFC 4180, section 2. null: a quote is not closed. */
function cellsOf(line: string, separator: string): readonly string[] | null {
  const cells: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at];
    if (quoted && letter === '"' && line[at + 1] === '"') {
      cell += '"';
      at++;
    } else if (letter === '"' && (quoted || cell === "")) quoted = !quoted;
    else if (letter === separator && !quoted) {
      cells.push(cell);
      cell = "";
    } else cell += letter;
  }
  if (quoted) return null;
  return [...cells, cell].map((one) => one.trim());
}

/** null: it is no such table. A first line without a code is the heading; English may be missing, and is then the Russian name. */
export function parseAreaNames(bytes: Uint8Array): readonly AreaName[] | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== "");
  const separator = [";", "\t", ","].find((one) => lines[0]?.includes(one)) ?? ";";
  const names = new Map<string, AreaName>();
  for (const [at, line] of lines.entries()) {
    const cells = cellsOf(line, separator);
    if (cells === null || cells.length < 3) return null;
    const [area = "", kk = "", ru = "", en = ""] = cells;
    if (!CODE.test(area)) {
      if (at === 0) continue;
      return null;
    }
    if (kk === "" || ru === "" || names.has(area)) return null;
    const name = { area, kk, ru, en: en === "" ? ru : en };
    if (Object.values(name).some((one) => one.length > LONGEST)) return null;
    names.set(area, name);
  }
  return names.size === 0 || names.size > MOST ? null : [...names.values()];
}
