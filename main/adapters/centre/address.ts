import { isIP } from "node:net";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AddressFault, BadAddress } from "../../engine/ports-centre.ts";

/**
 * The address of a centre, read as libpq reads it (PostgreSQL's documentation, "Connection URIs" and "Parameter Key Words"), with two
 * differences: a line to another machine is always protected and always checked in full, whatever weaker `sslmode` is asked for; and a
 * parameter that is not known here is refused, since it might ask for a check that would not be made.
 */

/** Files of a protected line, PEM. null: not given. */
export interface TlsFiles {
  /** Authorities that may sign the server's certificate; null: those that Node.js brings. */
  readonly rootCertificates: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly keyPassphrase: string | null;
  /** Certificate revocation lists. */
  readonly revocationLists: string | null;
}

export interface Address {
  /** A host's name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  /** null: the environment's (PGUSER, the system's user). */
  readonly user: string | null;
  /** null: the environment's (PGPASSWORD, ~/.pgpass). */
  readonly password: string | null;
  /** null: named as the user. */
  readonly database: string | null;
  readonly applicationName: string | null;
  /** null: an unprotected line, which never leaves this machine. */
  readonly tls: TlsFiles | null;
}

const OURS = [
  "host",
  "port",
  "user",
  "password",
  "dbname",
  "application_name",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "sslcrl",
] as const;
type Parameter = (typeof OURS)[number];

/** Other names of libpq: safe to repeat in an error. What is none of these may be a piece of a password with an "&" in it. */
const LIBPQ = new Set([
  "channel_binding",
  "client_encoding",
  "connect_timeout",
  "gssencmode",
  "hostaddr",
  "keepalives",
  "krbsrvname",
  "load_balance_hosts",
  "options",
  "passfile",
  "replication",
  "require_auth",
  "requirepeer",
  "requiressl",
  "service",
  "ssl",
  "ssl_max_protocol_version",
  "ssl_min_protocol_version",
  "sslcertmode",
  "sslcompression",
  "sslcrldir",
  "sslnegotiation",
  "sslsni",
  "target_session_attrs",
  "tcp_user_timeout",
  "uselibpqcompat",
]);

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

const bad = (why: AddressFault, parameter: string | null = null) =>
  err({ type: "bad-url", why, parameter } satisfies BadAddress);

const isOurs = (name: string): name is Parameter => (OURS as readonly string[]).includes(name);

/** The machine itself, by a name or number that cannot mean another. */
const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** Stands where an address leaves its host out, `postgresql://user@/census?host=/run/postgresql`: a form that the URL standard does not know. */
const NO_HOST = "none.invalid";

function parseUrl(text: string): URL | null {
  const written = text.replace(/^([a-z]+:\/\/[^/?#]*@)\//i, `$1${NO_HOST}/`);
  return URL.canParse(written) ? new URL(written) : null;
}

interface Parts {
  readonly host: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly port: string;
}

function partsOf(url: URL): Parts | null {
  const [user, password, host, database] = [
    url.username,
    url.password,
    url.hostname.replace(/^\[(.*)\]$/, "$1"),
    url.pathname.slice(1),
  ].map(decoded);
  if (user == null || password == null || host == null || database == null) return null;
  return { host: host === NO_HOST ? "" : host, user, password, database, port: url.port };
}

function tlsOf(host: string, given: ReadonlyMap<Parameter, string>): Result<TlsFiles | null, BadAddress> {
  const mode = given.get("sslmode") ?? null;
  if (mode !== null && !MODES.includes(mode)) return bad("unknown-mode", "sslmode");
  const isHere = host.startsWith("/") || isLoopback(host);
  const asksForLess = mode === null || mode === "disable" || mode === "allow" || mode === "prefer";
  if (host.startsWith("/") || (isHere && asksForLess)) return ok(null);
  if (mode === "disable") return bad("unprotected", "sslmode");
  const file = (name: Parameter): string | null => given.get(name) ?? null;
  const [certificate, key, root] = [file("sslcert"), file("sslkey"), file("sslrootcert")];
  if ((certificate === null) !== (key === null))
    return bad("half-a-certificate", certificate === null ? "sslcert" : "sslkey");
  return ok({
    rootCertificates: root === "system" ? null : root,
    certificate,
    key,
    keyPassphrase: file("sslpassword"),
    revocationLists: file("sslcrl"),
  });
}

/** Reads an address. The error holds nothing of it but the name of a well-known parameter, since the rest may hold a password. */
export function parseAddress(text: string): Result<Address, BadAddress> {
  const url = parseUrl(text);
  if (url === null || !["postgresql:", "postgres:"].includes(url.protocol)) return bad("not-postgres");
  const parts = partsOf(url);
  if (parts === null) return bad("not-postgres");
  const given = new Map<Parameter, string>();
  for (const [name, value] of url.searchParams) {
    if (!isOurs(name)) return bad("unknown-parameter", LIBPQ.has(name) ? name : null);
    if (value !== "") given.set(name, value);
  }
  const chosen = (name: Parameter, part: string): string | null =>
    given.get(name) ?? (part === "" ? null : part);
  const port = Number(chosen("port", parts.port) ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return bad("not-postgres");
  const host = chosen("host", parts.host) ?? "localhost";
  const tls = tlsOf(host, given);
  if (!tls.ok) return tls;
  return ok({
    host,
    port,
    user: chosen("user", parts.user),
    password: chosen("password", parts.password),
    database: chosen("dbname", parts.database),
    applicationName: given.get("application_name") ?? null,
    tls: tls.value,
  });
}

/** Whatever of an address must not be shown: passwords, as they are and as they stand in it. */
export function secretsOf(text: string, address: Address): readonly string[] {
  const secrets = [address.password, address.tls?.keyPassphrase ?? null].filter((one) => one !== null);
  const raw = parseUrl(text)?.password ?? "";
  return [...new Set([...secrets, ...secrets.map(encodeURIComponent), raw])].filter((one) => one !== "");
}
