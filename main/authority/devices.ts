import { CsvError, parse } from "csv-parse/sync";
import { printable } from "../../shared/printable.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { CsvFault } from "./context.ts";
import type { Register } from "./register.ts";

/** The list of devices that tablets' certificates are issued for. One bad row refuses the list before anything is issued. */

export interface Device {
  /** 32 hex digits; null: an id is to be made. */
  readonly id: string | null;
  readonly oblast: string;
  readonly district: string | null;
  readonly label: string | null;
  readonly hardware: string | null;
}

export interface ListFault {
  readonly line: number;
  readonly why: CsvFault;
}

const COLUMNS: ReadonlySet<string> = new Set(["device", "oblast", "district", "label", "serial"]);
const REQUIRED = ["device", "oblast", "district", "label"] as const;
const ID = /^[0-9a-f]{32}$/;
const DISTRICT = /^[0-9]{4}00000$/;
/** An inventory number: no room for a person's name. */
const LABEL = /^[A-Za-z0-9./-]{1,40}$/;
const LONGEST_SERIAL = 64;

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

/** Rows with their line numbers; the first is the heading. */
function rowsOf(file: Uint8Array): Result<readonly Row[], ListFault> {
  let headed = true;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(file);
    const rows: readonly Row[] = parse(text, {
      bom: true,
      delimiter: [",", ";"],
      info: true,
      trim: true,
      skip_empty_lines: true,
      columns: (heading: readonly string[]) => {
        headed =
          REQUIRED.every((name) => heading.includes(name)) && heading.every((name) => COLUMNS.has(name));
        return [...heading];
      },
    });
    return headed ? ok(rows) : err({ line: 1, why: "column" });
  } catch (error) {
    if (error instanceof CsvError) return err({ line: Number(error.lines ?? 1), why: "not-csv" });
    if (error instanceof TypeError) return err({ line: 1, why: "not-csv" });
    throw error;
  }
}

function faultOf(register: Register, device: Device, isNamed: boolean): CsvFault | null {
  const { id, oblast, district, label, hardware } = device;
  if (id === null ? isNamed || label === null : !ID.test(id)) return "device";
  if (register.issuerOf(oblast) === undefined || oblast === "centre") return "oblast";
  if (district !== null && !(DISTRICT.test(district) && district.slice(0, 2) === oblast.slice(0, 2)))
    return "district";
  if (label !== null && !LABEL.test(label)) return "label";
  return hardware !== null && (hardware.length > LONGEST_SERIAL || printable(hardware) !== hardware)
    ? "serial"
    : null;
}

/**
 * Reads a list of devices.
 *
 * @param isNamed - whether every row must name its device; otherwise one without an id gets one, and needs a label
 */
export function readDevices(
  register: Register,
  file: Uint8Array,
  isNamed: boolean,
): Result<readonly Device[], ListFault> {
  const rows = rowsOf(file);
  if (!rows.ok) return rows;
  const devices: Device[] = [];
  const seen = new Set<string>();
  for (const { record, info } of rows.value) {
    const cell = (name: string): string | null => record[name] || null;
    const device: Device = {
      id: cell("device")?.toLowerCase() ?? null,
      oblast: cell("oblast") ?? "",
      district: cell("district"),
      label: cell("label"),
      hardware: cell("serial"),
    };
    const why = faultOf(register, device, isNamed);
    if (why !== null) return err({ line: info.lines, why });
    for (const name of [device.id, device.label === null ? null : `label ${device.label}`]) {
      if (name === null) continue;
      if (seen.has(name)) return err({ line: info.lines, why: "twice" });
      seen.add(name);
    }
    devices.push(device);
  }
  return ok(devices);
}
