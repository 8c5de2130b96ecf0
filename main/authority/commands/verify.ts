import { parseCertificate, parseCrl } from "../../formats/certificate.ts";
import { verifyEd25519 } from "../../formats/ed25519.ts";
import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import { type Context, stopOn } from "../context.ts";
import { AuthorityFolder, readLines } from "../folder.ts";
import type { Line } from "../log.ts";
import type { Ca, Register } from "../register.ts";

/** What `verify` can find. */
export const FAULTS = [
  "log-broken",
  "half-line",
  "file-missing",
  "file-differs",
  "certificate-refused",
  "certificate-differs",
  "list-refused",
  "number-fell",
  "twice",
] as const;

export interface Fault {
  readonly fault: (typeof FAULTS)[number];
  /** A file, an id, a CA or the number of a line. */
  readonly name: string;
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** A list verifies under its CA, and says what its line says. */
function isListOf(ca: Ca | undefined, line: Extract<Line, { act: "crl" }>): boolean {
  const crl = parseCrl(bytesOf(line.crl));
  if (!crl.ok || ca === undefined) return false;
  const { number, issuer, nextUpdate, revoked, signed, signature } = crl.value;
  return (
    number === BigInt(line.number) &&
    issuer === ca.certificate.subject &&
    nextUpdate === line.nextUpdate &&
    revoked.size === line.entries &&
    verifyEd25519(ca.certificate.publicKey, signed, signature)
  );
}

/** Numbers of each CA's lists rise, and each list is its CA's. */
function* listFaults(lines: readonly Line[], register: Register): Generator<Fault> {
  const last = new Map<string, number>();
  for (const line of lines) {
    if (line.act !== "crl") continue;
    if (line.number <= (last.get(line.ca) ?? 0))
      yield { fault: "number-fell", name: `${line.ca} ${line.number}` };
    last.set(line.ca, line.number);
    if (!isListOf(register.cas.get(line.ca), line))
      yield { fault: "list-refused", name: `${line.ca} ${line.number}` };
  }
}

/** Each certificate passes the station's judge in its role, or is refused for what the log says of it. */
function* certificateFaults(register: Register, now: number): Generator<Fault> {
  const trust = register.trust(now);
  const seen = new Map<string, string>();
  for (const leaf of register.leaves) {
    const der = bytesOf(leaf.certificate);
    const ca = register.cas.get(leaf.ca);
    const parsed = parseCertificate(der);
    if (ca === undefined || !parsed.ok) {
      yield { fault: "certificate-refused", name: leaf.id };
      continue;
    }
    const { serial, serialNumbers, publicKey, notAfter } = parsed.value;
    const isAsLogged =
      serial === leaf.serial &&
      serialNumbers[0] === leaf.id &&
      notAfter === leaf.notAfter &&
      Buffer.from(publicKey).toString("hex") === leaf.key;
    if (!isAsLogged) yield { fault: "certificate-differs", name: leaf.id };
    for (const unique of [`serial ${leaf.serial}`, `key ${leaf.key}`]) {
      const other = seen.get(unique);
      if (other !== undefined && other !== leaf.id) yield { fault: "twice", name: leaf.id };
      seen.set(unique, leaf.id);
    }
    const reason = trust.judgeChain([der, ...register.chainOf(ca)], leaf.role)?.reason;
    const state = register.stateOf(leaf, now);
    const isRevoked = state === "revoked" || register.revoked.has(ca.serial);
    const expected =
      reason === null
        ? !isRevoked
        : reason === "certificate-expired" || (reason === "certificate-revoked" && isRevoked);
    if (!expected) yield { fault: "certificate-refused", name: leaf.id };
  }
}

/** `verify`: the log chains, the files equal the log, certificates pass the station's judge, list numbers rise. */
export async function verify(context: Context): Promise<Exit> {
  const { words, folder: path } = context;
  const read = await readLines(path);
  if (read === null) return stopOn(context, { type: "no-authority", folder: path });
  const faults: Fault[] = [];
  let lines = read.log.lines.length;
  let certificates = 0;
  let head = read.log.head;
  if (read.log.broken !== null) faults.push({ fault: "log-broken", name: String(read.log.broken) });
  else {
    if (read.halfBytes > 0) faults.push({ fault: "half-line", name: String(read.halfBytes) });
    faults.push(...(await AuthorityFolder.faultsOf(path, read.log.lines)));
    const folder = await AuthorityFolder.open(path, context.clock);
    if (!folder.ok) return stopOn(context, folder.error);
    try {
      const { register } = folder.value;
      lines = folder.value.head.no;
      head = folder.value.head;
      certificates = register.leaves.length + register.cas.size;
      faults.push(...listFaults(read.log.lines, register), ...certificateFaults(register, folder.value.now));
    } finally {
      await folder.value.close();
    }
  }
  if (context.json) await printJson(context, { lines, certificates, faults, log: head });
  else {
    for (const { fault, name } of faults) await context.out.line(`⚠ ${words.t(`fault.${fault}`, { name })}`);
    await context.out.line(
      words.t(faults.length === 0 ? "verify.whole" : "verify.faults", {
        lines,
        certificates,
        count: faults.length,
      }),
    );
    await context.out.line(`  ${words.t("log.head", { no: String(head.no), hash: head.hash })}`);
  }
  return faults.length === 0 ? EXIT.done : EXIT.needsPerson;
}
