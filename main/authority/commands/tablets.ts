import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { err, ok, type Result } from "../../../shared/result.ts";
import { makeFolder, syncFolderIfOffered } from "../../adapters/disk/durable.ts";
import { codeOf } from "../../adapters/disk/errors.ts";
import { MAX_REQUEST_BYTES } from "../../formats/request.ts";
import { sha256 } from "../../formats/sha256.ts";
import { EXIT, type Exit } from "../../hosting/exit.ts";
import { printJson } from "../../hosting/reporter.ts";
import type { Trust } from "../../rules/trust.ts";
import { type Context, type Problem, type Refusal, stopOn } from "../context.ts";
import { type Device, readDevices } from "../devices.ts";
import { type AuthorityFolder, chainPem } from "../folder.ts";
import { judgeHolder, judgeRequest, passesJudge, readRequest } from "../issuing.ts";
import { type Keys, keysOf } from "../keys.ts";
import type { Issued } from "../log.ts";
import { readBounded, writeNew } from "../new-file.ts";
import { hasOutgoing, Outgoing, removeOutgoing } from "../outgoing.ts";
import { LINES_AT_ONCE } from "../policy.ts";
import type { Ca, Leaf } from "../register.ts";
import { type Holder, type KeyPair, makeLeaf, newKeyPair } from "../signing.ts";
import { withFolder } from "./with-folder.ts";

/** `tablet issue`: certificates by the thousand. A run that was stopped goes on where it was when it is started again. */

const MAX_LIST_BYTES = 64 * 1_048_576;
const REQUEST = /^([0-9a-f]{32})\.csr$/;
const SAID_EVERY = 1_000;

export interface TabletCommand {
  readonly out: string;
  readonly requests: string | null;
  readonly devices: string | null;
  readonly makeKeys: boolean;
  readonly oblast: string | null;
}

interface Report {
  issued: number;
  already: number;
  readonly refused: { readonly file: string; readonly why: Refusal }[];
  /** Names in the folder of requests that are none. */
  passedOver: readonly string[];
  run: string | null;
}

/** One certificate that is asked for. */
interface Order {
  readonly file: string;
  readonly ca: Ca;
  readonly holder: Omit<Holder, "publicKey"> & { readonly publicKey: Uint8Array | null };
}

/** What one order comes to. */
type Outcome =
  | { readonly type: "make"; readonly order: Order }
  | { readonly type: "already"; readonly leaf: Leaf }
  | { readonly type: "refused"; readonly file: string; readonly why: Refusal };

class Run {
  readonly report: Report = { issued: 0, already: 0, refused: [], passedOver: [], run: null };
  readonly #folder: AuthorityFolder;
  readonly #context: Context;
  readonly #keys: Keys;
  readonly #trust: Trust;
  readonly #out: string;
  readonly #outgoing: Outgoing | null;

  constructor(folder: AuthorityFolder, context: Context, out: string, outgoing: Outgoing | null) {
    this.#folder = folder;
    this.#context = context;
    this.#keys = keysOf(folder, context);
    this.#trust = folder.register.trust(folder.now);
    this.#out = out;
    this.#outgoing = outgoing;
  }

  /** Issues up to 64 certificates, durably, and writes them out. */
  async issue(outcomes: readonly Outcome[]): Promise<Result<void, Problem>> {
    const { register, now } = this.#folder;
    const leaves: { readonly id: string }[] = [];
    const made: Issued[] = [];
    const keys: { readonly id: string; readonly label: string | null; readonly seed: Uint8Array }[] = [];
    for (const outcome of outcomes) {
      if (outcome.type === "refused") this.report.refused.push({ file: outcome.file, why: outcome.why });
      else if (outcome.type === "already") {
        leaves.push(outcome.leaf);
        this.report.already += 1;
      } else {
        const { ca, holder, file } = outcome.order;
        const caKey = await this.#keys.open(ca.name);
        if (!caKey.ok) return caKey;
        const own: KeyPair | null = holder.publicKey === null ? newKeyPair() : null;
        const publicKey = holder.publicKey ?? own?.publicKey ?? new Uint8Array(0);
        const leaf = makeLeaf(register, ca, caKey.value, { ...holder, publicKey }, now);
        if (!passesJudge(register, this.#trust, ca, leaf)) {
          this.report.refused.push({ file, why: "issuer-refused" });
          continue;
        }
        if (own !== null) keys.push({ id: leaf.id, label: leaf.label, seed: own.seed });
        made.push(leaf);
        leaves.push(leaf);
      }
    }
    if (keys.length > 0) await this.#outgoing?.keep(keys);
    await this.#folder.append(made);
    this.report.issued += made.length;
    const written = await Promise.all(leaves.map(({ id }) => this.#writeOut(id)));
    const failed = written.find((one) => !one.ok);
    return failed ?? ok(undefined);
  }

  #writeOut(id: string): Promise<Result<void, Problem>> {
    const { register } = this.#folder;
    const leaf = register.leafOf(id);
    if (leaf === undefined) throw new Error("a certificate that was issued is not in the register");
    return writeNew(join(this.#out, `${id}.pem`), Buffer.from(chainPem(register, leaf)), false);
  }

  /** Goes through all orders, 64 at a time. A wish to stop is heard between two such steps. */
  async through(count: number, outcome: (at: number) => Promise<Outcome>): Promise<Result<void, Problem>> {
    const { signal, err: stderr, words } = this.#context;
    for (let from = 0; from < count; from += LINES_AT_ONCE) {
      if (signal.aborted) return err({ type: "cancelled" });
      const to = Math.min(count, from + LINES_AT_ONCE);
      const outcomes: Outcome[] = [];
      for (let at = from; at < to; at++) outcomes.push(await outcome(at));
      const issued = await this.issue(withoutTwins(outcomes));
      if (!issued.ok) return issued;
      if (
        Math.floor(to / SAID_EVERY) > Math.floor(from / SAID_EVERY) ||
        (to === count && count > SAID_EVERY)
      ) {
        await stderr.line(words.t("tablet.progress", { done: to, all: count }));
        await stderr.flush();
      }
    }
    await syncFolderIfOffered(this.#out);
    return ok(undefined);
  }
}

/** Two orders of one step for one id or one key: the first is taken, the other refused as it would be a step later. */
function withoutTwins(outcomes: readonly Outcome[]): readonly Outcome[] {
  const ids = new Set<string>();
  const keys = new Set<string>();
  return outcomes.map((one) => {
    if (one.type !== "make") return one;
    const { file, holder } = one.order;
    const key = holder.publicKey === null ? null : Buffer.from(holder.publicKey).toString("hex");
    if (ids.has(holder.id)) return { type: "refused", file, why: "id-taken" };
    if (key !== null && keys.has(key)) return { type: "refused", file, why: "key-taken" };
    ids.add(holder.id);
    if (key !== null) keys.add(key);
    return one;
  });
}

async function namesOf(path: string): Promise<Result<readonly string[], Problem>> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    // A link or a folder under a good name is no request.
    return ok(entries.map((entry) => (entry.isFile() ? entry.name : `${entry.name}/`)).sort());
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    return err({ type: "no-file", path, code });
  }
}

async function listOf(
  folder: AuthorityFolder,
  path: string,
  isNamed: boolean,
): Promise<Result<{ readonly devices: readonly Device[]; readonly run: string }, Problem>> {
  const file = await readBounded(path, MAX_LIST_BYTES);
  if (!file.ok) return file;
  const devices = readDevices(folder.register, file.value, isNamed);
  return devices.ok
    ? ok({ devices: devices.value, run: sha256(file.value).slice(0, 16) })
    : err({ type: "bad-list", path, ...devices.error });
}

const NO_FACTS = { label: null, hardware: null, district: null, run: null } as const;

/** Certificates for a folder of requests; where a list of devices is given, only for those in it. */
async function fromRequests(
  context: Context,
  folder: AuthorityFolder,
  command: TabletCommand & { readonly requests: string },
): Promise<Result<Report, Problem>> {
  const { register } = folder;
  const list = command.devices === null ? null : await listOf(folder, command.devices, true);
  if (list !== null && !list.ok) return list;
  const listed = list === null ? null : new Map(list.value.devices.map((device) => [device.id, device]));
  if (command.oblast !== null && register.issuerOf(command.oblast) === undefined)
    return err({ type: "unknown-oblast", oblast: command.oblast });
  const names = await namesOf(command.requests);
  if (!names.ok) return names;
  const files = names.value.filter((name) => REQUEST.test(name));
  const run = new Run(folder, context, command.out, null);
  run.report.passedOver = names.value.filter((name) => !REQUEST.test(name));

  const outcomeOf = async (file: string): Promise<Outcome> => {
    const refused = (why: Refusal): Outcome => ({ type: "refused", file, why });
    const bytes = await readBounded(join(command.requests, file), MAX_REQUEST_BYTES);
    if (!bytes.ok) return refused("not-a-request");
    const asked = readRequest(register, bytes.value, "tablet");
    if (!asked.ok) return refused(asked.error);
    if (`${asked.value.id}.csr` !== file) return refused("wrong-name");
    const device = listed?.get(asked.value.id);
    if (listed !== null && device === undefined) return refused("not-in-list");
    const oblast = device?.oblast ?? command.oblast ?? asked.value.oblasts[0];
    const ca = oblast === undefined || oblast === "centre" ? undefined : register.issuerOf(oblast);
    if (ca === undefined || (command.oblast !== null && oblast !== command.oblast))
      return refused("wrong-oblast");
    const fit = judgeRequest(register, asked.value, "tablet", ca, folder.now);
    if (!fit.ok) return refused(fit.error);
    if (fit.value.already !== null) return { type: "already", leaf: fit.value.already };
    const { id, publicKey } = fit.value;
    const facts = device === undefined ? NO_FACTS : { ...device, run: null };
    return {
      type: "make",
      order: { file, ca, holder: { role: "tablet", publicKey, ...factsOf(facts), id } },
    };
  };
  const done = await run.through(files.length, (at) => outcomeOf(files[at] ?? ""));
  return done.ok ? ok(run.report) : done;
}

const factsOf = ({ label, hardware, district, run }: Omit<Holder, "role" | "id" | "publicKey">) => ({
  label,
  hardware,
  district,
  run,
});

/** Keys and certificates for tablets that cannot make keys. The list's own SHA-256 names the run, so the same list goes on with it. */
async function withKeys(
  context: Context,
  folder: AuthorityFolder,
  command: TabletCommand & { readonly devices: string },
): Promise<Result<Report, Problem>> {
  const { register } = folder;
  const list = await listOf(folder, command.devices, false);
  if (!list.ok) return list;
  const { devices, run: name } = list.value;
  const outgoing = await Outgoing.open(
    folder.path,
    name,
    (id) => register.leafOf(id)?.run === name && !register.handed.has(name),
  );
  const run = new Run(folder, context, command.out, outgoing);
  run.report.run = name;

  const outcomeOf = async (device: Device): Promise<Outcome> => {
    const file = device.label ?? device.id ?? "";
    const refused = (why: Refusal): Outcome => ({ type: "refused", file, why });
    const ca = register.issuerOf(device.oblast);
    if (ca === undefined || (command.oblast !== null && device.oblast !== command.oblast))
      return refused("wrong-oblast");
    const known = device.id === null ? register.leafOfLabel(device.label ?? "") : register.leafOf(device.id);
    if (known !== undefined && known.run === null) return refused("id-taken");
    const id = known?.id ?? device.id ?? randomBytes(16).toString("hex");
    const already = judgeHolder(register, { id, key: known?.key ?? "", role: "tablet" }, ca, folder.now);
    if (!already.ok) return refused(already.error);
    if (already.value !== null) return { type: "already", leaf: already.value };
    const holder = { role: "tablet", publicKey: null, ...factsOf({ ...device, run: name }), id } as const;
    return { type: "make", order: { file, ca, holder } };
  };
  try {
    const done = await run.through(devices.length, async (at) => {
      const device = devices[at];
      if (device === undefined) throw new Error("the list became shorter");
      return outcomeOf(device);
    });
    return done.ok ? ok(run.report) : done;
  } finally {
    await outgoing.close();
  }
}

/** `tablet issue`. */
export const issueTablets = (context: Context, command: TabletCommand): Promise<Exit> =>
  withFolder(context, async (folder) => {
    await makeFolder(command.out, syncFolderIfOffered);
    const { requests, devices } = command;
    const report = await (requests !== null
      ? fromRequests(context, folder, { ...command, requests })
      : withKeys(context, folder, { ...command, devices: devices ?? "" }));
    await folder.writeRoster();
    if (!report.ok) return stopOn(context, report.error);
    const { issued, already, refused, passedOver, run } = report.value;
    if (context.json)
      await printJson(context, { issued, already, refused, passedOver, ...(run === null ? {} : { run }) });
    else {
      const { t } = context.words;
      await context.out.line(t("tablet.done", { issued, already, refused: refused.length }));
      for (const { file, why } of refused)
        await context.out.line(`⚠ ${t("problem.refused.what", { file, why: t(`refusal.${why}`) })}`);
      for (const file of passedOver) await context.out.line(`⚠ ${t("tablet.passed-over", { file })}`);
      if (run !== null) await context.out.line(t("tablet.keys", { run }));
    }
    return refused.length > 0 ? EXIT.needsPerson : EXIT.done;
  });

/** `tablet handed`: the log says first that the keys were handed over, then they are removed. */
export const handedTablets = (context: Context, run: string): Promise<Exit> =>
  withFolder(context, async (folder) => {
    const isKnown = /^[0-9a-f]{16}$/.test(run) && folder.register.leaves.some((leaf) => leaf.run === run);
    const isHere = isKnown && (await hasOutgoing(folder.path, run));
    if (!isKnown || (!isHere && !folder.register.handed.has(run)))
      return stopOn(context, { type: "unknown-run", run });
    if (!folder.register.handed.has(run)) await folder.append([{ act: "handed", run }]);
    await removeOutgoing(folder.path, run);
    if (context.json) await printJson(context, { run });
    else await context.out.line(context.words.t("tablet.handed", { run }));
    return EXIT.done;
  });
