import type { Digest } from "../../shared/ids.ts";
import { sha256 } from "../formats/sha256.ts";
import type { Role } from "../rules/trust.ts";

/**
 * The authority's log: one JSON object a line, each naming the SHA-256 of the line before. It is the only source of truth; every
 * certificate and list in the folder can be made again from it. Nothing is read or written here.
 */

export const REASONS = ["lost", "stolen", "replaced", "mistake", "key"] as const;
/** Why a certificate was revoked. */
export type RevocationReason = (typeof REASONS)[number];

export interface Founded {
  readonly act: "founded";
  /** The text of campaign.json. */
  readonly campaign: string;
  /** How many of how many officers open the root's key; null: it has one passphrase. */
  readonly shares: { readonly needed: number; readonly officers: number } | null;
}
export interface CaMade {
  readonly act: "ca";
  /** `root`, `intermediate`, `centre` or `issuer-OBLAST`. */
  readonly ca: string;
  readonly oblast: string | null;
  /** The CA that signed it; null for the root. */
  readonly parent: string | null;
  readonly serial: string;
  /** DER, base64. */
  readonly certificate: string;
}
export interface Issued {
  readonly act: "issued";
  readonly role: Role;
  readonly ca: string;
  /** 32 hex digits. */
  readonly id: string;
  readonly serial: string;
  /** The public key, hex. */
  readonly key: string;
  /** Seconds since 1970 UTC. */
  readonly notAfter: number;
  /** DER, base64. */
  readonly certificate: string;
  /** Inventory number, the hardware's serial number and the district, where a list of devices gave them. */
  readonly label: string | null;
  readonly hardware: string | null;
  readonly district: string | null;
  /** The run that made the key here; null: the holder made it. */
  readonly run: string | null;
}
export interface Revoked {
  readonly act: "revoked";
  readonly ca: string;
  readonly serial: string;
  readonly reason: RevocationReason;
}
export interface CrlMade {
  readonly act: "crl";
  readonly ca: string;
  readonly number: number;
  /** Seconds since 1970 UTC. */
  readonly nextUpdate: number;
  readonly entries: number;
  /** DER, base64. */
  readonly crl: string;
}
/** The campaign folder was written. */
export interface Written {
  readonly act: "written";
  readonly crls: Readonly<Record<string, number>>;
}
/** Keys made here were handed to the tablets' makers and removed. */
export interface Handed {
  readonly act: "handed";
  readonly run: string;
}
/** A crash had left half a line, which was cut off. */
export interface Repaired {
  readonly act: "repaired";
  readonly bytes: number;
}

export type Act = Founded | CaMade | Issued | Revoked | CrlMade | Written | Handed | Repaired;

export type Line = Act & {
  readonly no: number;
  /** RFC 3339, UTC. */
  readonly time: string;
  /** SHA-256 of the line before, without its newline; zeros before the first. */
  readonly prev: Digest;
};

/** Where a log ends: the next line goes on from here. */
export interface Head {
  readonly no: number;
  readonly hash: Digest;
}

export const BEFORE_FIRST: Head = { no: 0, hash: "0".repeat(64) as Digest };

/** Writes acts as lines that go on from a head. The text ends with a newline. */
export function writeLines(
  head: Head,
  acts: readonly Act[],
  time: string,
): { readonly text: string; readonly lines: readonly Line[]; readonly head: Head } {
  let { no, hash } = head;
  const lines: Line[] = [];
  const texts: string[] = [];
  for (const act of acts) {
    no += 1;
    const line: Line = { no, time, prev: hash, ...act };
    const text = JSON.stringify(line);
    hash = sha256(text);
    lines.push(line);
    texts.push(`${text}\n`);
  }
  return { text: texts.join(""), lines, head: { no, hash } };
}

export interface ReadLog {
  readonly lines: readonly Line[];
  readonly head: Head;
  /** Bytes that hold whole lines; what stands behind them has no newline. */
  readonly wholeBytes: number;
  /** Number of the first line that does not go on from the one before, or is no line at all; null: all do. */
  readonly broken: number | null;
}

function parseLine(text: string): Line | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "act" in value ? (value as Line) : null;
  } catch {
    return null;
  }
}

/** Reads a log and checks its chain. */
export function readLog(bytes: Buffer): ReadLog {
  const lines: Line[] = [];
  let head = BEFORE_FIRST;
  let from = 0;
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
    const text = bytes.subarray(from, end);
    const line = parseLine(text.toString("utf8"));
    if (line === null || line.no !== head.no + 1 || line.prev !== head.hash)
      return { lines, head, wholeBytes: from, broken: head.no + 1 };
    head = { no: line.no, hash: sha256(text) };
    lines.push(line);
    from = end + 1;
  }
  return { lines, head, wholeBytes: from, broken: null };
}
