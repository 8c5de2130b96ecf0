import { readFile, stat } from "node:fs/promises";
import { type ConnectionOptions, checkServerIdentity, createSecureContext } from "node:tls";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { CentreFailure } from "../../engine/ports.ts";
import type { TlsFault } from "../../engine/ports-centre.ts";
import type { TlsFiles } from "./address.ts";

/** The protected line to the centre. The server's certificate is always checked: authority, validity, revocation where lists are given, host. */

const FAULTS: Readonly<Record<string, TlsFault>> = {
  CERT_HAS_EXPIRED: "server-expired",
  CERT_NOT_YET_VALID: "server-not-yet-valid",
  CERT_REVOKED: "server-revoked",
  CRL_HAS_EXPIRED: "server-unknown-revocation",
  CRL_NOT_YET_VALID: "server-unknown-revocation",
  CRL_SIGNATURE_FAILURE: "server-unknown-revocation",
  UNABLE_TO_GET_CRL: "server-unknown-revocation",
  ERR_TLS_CERT_ALTNAME_INVALID: "server-other-host",
  CERT_UNTRUSTED: "server-unknown-authority",
  CERT_REJECTED: "server-unknown-authority",
  CERT_SIGNATURE_FAILURE: "server-unknown-authority",
  CERT_CHAIN_TOO_LONG: "server-unknown-authority",
  DEPTH_ZERO_SELF_SIGNED_CERT: "server-unknown-authority",
  INVALID_CA: "server-unknown-authority",
  INVALID_PURPOSE: "server-unknown-authority",
  PATH_LENGTH_EXCEEDED: "server-unknown-authority",
  SELF_SIGNED_CERT_IN_CHAIN: "server-unknown-authority",
  UNABLE_TO_GET_ISSUER_CERT: "server-unknown-authority",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "server-unknown-authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "server-unknown-authority",
};

/** Words of a server's alert (RFC 8446, section 6.2), as OpenSSL names them in an error's code. */
const ALERTS: readonly (readonly [RegExp, TlsFault])[] = [
  [/CERTIFICATE_REQUIRED/, "client-missing"],
  [/CERTIFICATE_EXPIRED/, "client-expired"],
  [/CERTIFICATE_REVOKED/, "client-revoked"],
  [/UNKNOWN_CA/, "client-unknown-authority"],
  [/BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN|ACCESS_DENIED/, "client-refused"],
];

/** What an error of the TLS layer, or of `pg` before it, means; null: it is none. */
export function tlsFault(code: string | null, message: string): TlsFault | null {
  if (message === "The server does not support SSL connections") return "no-tls";
  if (code === null) return null;
  const known = FAULTS[code];
  if (known !== undefined) return known;
  if (!code.startsWith("ERR_SSL") && !code.startsWith("ERR_TLS") && code !== "EPROTO") return null;
  return ALERTS.find(([words]) => words.test(`${code} ${message}`.toUpperCase()))?.[1] ?? "handshake";
}

type TlsFailure = Extract<CentreFailure, { readonly type: "tls" }>;

const fault = (why: TlsFault, detail: string) => err({ type: "tls", why, detail } satisfies TlsFailure);

async function readAll(
  files: readonly (readonly [parameter: string, path: string | null])[],
): Promise<Result<readonly (Buffer | undefined)[], TlsFailure>> {
  const read: (Buffer | undefined)[] = [];
  for (const [parameter, path] of files)
    try {
      read.push(path === null ? undefined : await readFile(path));
    } catch {
      return fault("bad-file", parameter);
    }
  return ok(read);
}

/** As libpq asks of a key's file: nobody but its owner may read it. Windows has other rights, which are not looked at. */
async function isPrivate(path: string): Promise<boolean> {
  if (process.platform === "win32") return true;
  const { mode } = await stat(path);
  return (mode & 0o077) === 0;
}

/**
 * Reads the files, each time anew, so that a renewed certificate counts at the next connection. Errors name the parameter, not the path, which
 * may be somebody's name.
 */
export async function tlsOptions(
  files: TlsFiles,
  host: string,
): Promise<Result<ConnectionOptions, TlsFailure>> {
  const read = await readAll([
    ["sslrootcert", files.rootCertificates],
    ["sslcert", files.certificate],
    ["sslkey", files.key],
    ["sslcrl", files.revocationLists],
  ]);
  if (!read.ok) return read;
  if (files.key !== null && !(await isPrivate(files.key))) return fault("key-not-private", "sslkey");
  const [ca, cert, key, crl] = read.value;
  const material = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(files.keyPassphrase === null ? {} : { passphrase: files.keyPassphrase }),
    ...(crl === undefined ? {} : { crl }),
  };
  for (const [parameter, part] of [
    ["sslrootcert", { ca: material.ca }],
    ["sslcrl", { crl: material.crl }],
    ["sslkey", { cert: material.cert, key: material.key, passphrase: material.passphrase }],
  ] as const)
    try {
      createSecureContext(part);
    } catch {
      return fault("bad-file", parameter);
    }
  return ok({
    ...material,
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
    minVersion: "TLSv1.2",
  });
}
