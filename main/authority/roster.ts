import { stringify } from "csv-stringify/sync";
import type { Leaf, Register } from "./register.ts";

/** Lists of the tablets that the log knows: the authority's own with all columns, and the one that stations load. */

const COLUMNS = [
  "device",
  "label",
  "serial",
  "oblast",
  "district",
  "certificate",
  "issued",
  "expires",
  "state",
  "revoked",
  "reason",
  "key",
] as const;

const tabletsOf = (register: Register): readonly Leaf[] =>
  register.leaves.filter((leaf) => leaf.role === "tablet").sort((a, b) => (a.id < b.id ? -1 : 1));

const stamp = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** One line of the roster, by column. */
export function rosterRow(
  register: Register,
  leaf: Leaf,
  now: number,
): Record<(typeof COLUMNS)[number], string> {
  const revoked = register.revoked.get(leaf.serial);
  const state = revoked?.reason === "replaced" ? "replaced" : register.stateOf(leaf, now);
  return {
    device: leaf.id,
    label: leaf.label ?? "",
    serial: leaf.hardware ?? "",
    oblast: register.cas.get(leaf.ca)?.oblast ?? "",
    district: leaf.district ?? "",
    certificate: leaf.serial,
    issued: leaf.time,
    expires: stamp(leaf.notAfter),
    state,
    revoked: revoked?.time ?? "",
    reason: revoked?.reason ?? "",
    key: leaf.run === null ? "tablet" : "authority",
  };
}

/** roster.csv of the authority's folder, sorted by device. */
export const rosterText = (register: Register, now: number): string =>
  stringify(
    tabletsOf(register).map((leaf) => rosterRow(register, leaf, now)),
    { header: true, columns: [...COLUMNS], record_delimiter: "windows" },
  );

/** roster.csv of the campaign folder (docs/formats.md): device, name, area. A revoked tablet stays on it: it may hold batches. */
export const stationRoster = (register: Register): string =>
  stringify(
    tabletsOf(register).map((leaf) => ({
      device: leaf.id,
      name: leaf.label ?? leaf.id.slice(0, 8),
      area: leaf.district ?? register.cas.get(leaf.ca)?.oblast ?? "",
    })),
    { header: true, columns: ["device", "name", "area"], record_delimiter: "windows" },
  );
