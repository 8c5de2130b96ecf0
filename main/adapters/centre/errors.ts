import pg from "pg";
import type { CentreFailure } from "../../engine/ports.ts";
import { tlsFault } from "./tls.ts";

/**
 * The one place that says what a failed statement or connection means. SQLSTATE classes: PostgreSQL's documentation, appendix A.
 */

/** A failure of the connection or of the server as a whole. */
export type LinkFailure = Exclude<CentreFailure, { readonly seq: number } | { readonly type: "disk" }>;

/** The statement was refused for what it carried: another batch may pass. */
export interface ContentRefused {
  readonly type: "content-refused";
  readonly code: string;
}

/** Codes of Node.js for a peer that cannot be reached or went away. */
const GONE = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETRESET",
  "ENETUNREACH",
  "ENOENT",
  "ENOTCONN",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** The server is there and cannot serve now: deadlock, lock or statement timeout, too few resources, a standby after a switch. */
const BUSY = new Set(["25006", "40001", "40P01", "55006", "55P03", "57014"]);
/** The server ends or starts, or the connection was idle for too long. */
const LEAVING = new Set(["25P03", "57P01", "57P02", "57P03", "57P05"]);

/** `hide`: texts that must not be shown, such as a password as it stands in the URL and as it is. */
function hidden(text: string, hide: readonly string[]): string {
  return hide.reduce((shown, secret) => (secret === "" ? shown : shown.replaceAll(secret, "…")), text);
}

/** A log-in by certificate that failed says so with one SQLSTATE for all (28000); the server's words tell them apart. */
function ofCertificate(error: pg.DatabaseError): LinkFailure | null {
  if (error.code !== "28000") return null;
  if (/requires a valid client certificate/.test(error.message))
    return { type: "tls", why: "client-missing", detail: "" };
  return /^certificate authentication failed/.test(error.message)
    ? { type: "tls", why: "client-other-user", detail: "" }
    : null;
}

function ofServer(error: pg.DatabaseError, hide: readonly string[]): LinkFailure | ContentRefused {
  const code = error.code ?? "XX000";
  const certificate = ofCertificate(error);
  if (certificate !== null) return certificate;
  if (LEAVING.has(code) || code.startsWith("08")) return { type: "unreachable", code };
  if (BUSY.has(code) || code.startsWith("53")) return { type: "busy", code };
  if (code.startsWith("22") || code.startsWith("23")) return { type: "content-refused", code };
  return { type: "refused", code, detail: hidden(error.message, hide) };
}

/** What an error of `pg` means. `lost`: why the connection was given up by us, or that it broke; null while it stands. */
export function classify(
  error: unknown,
  lost: string | null,
  hide: readonly string[],
): LinkFailure | ContentRefused {
  if (error instanceof pg.DatabaseError) return ofServer(error, hide);
  const code = error instanceof Error && "code" in error ? String(error.code) : null;
  if (code !== null && GONE.has(code)) return { type: "unreachable", code };
  const detail = error instanceof Error ? error.message : String(error);
  const fault = tlsFault(code, detail);
  if (fault !== null) return { type: "tls", why: fault, detail: fault === "handshake" ? (code ?? "") : "" };
  const ended = detail.startsWith("Connection terminated");
  if (ended || lost !== null) return { type: "unreachable", code: lost ?? "connection-lost" };
  return { type: "refused", code: code ?? "client", detail: hidden(detail, hide) };
}
