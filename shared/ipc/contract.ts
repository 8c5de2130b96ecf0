import * as z from "zod";
import type { Result } from "../result.ts";
import { REPORT_FORMATS, REPORT_KINDS } from "./jobs.ts";
import { METHODS, type Method } from "./methods.ts";
import { PROBLEMS, type Problem, problemSchema } from "./problems.ts";
import * as v from "./views.ts";

export { METHODS, type Method, PROBLEMS, type Problem, problemSchema };

/** Who may call: `anybody` also at the lock; a role; or anyone who is signed in. */
export type Access = "anybody" | "signed-in" | "set-up" | readonly v.Role[];

const pin = z.string().regex(/^\d{6,12}$/);
const page = { offset: v.countSchema, limit: z.int().min(1).max(200) };
const nothing = z.null();
/** A file or folder that a person chose in the system's own dialog, by its name; null: the dialog was closed. */
const chosen = z.strictObject({ name: v.shortText }).nullable();

const employee = ["employee", "administrator"] as const;
const handingOver = ["employee", "auditor", "administrator"] as const;
const auditor = ["auditor", "operator", "administrator"] as const;
const operator = ["operator", "administrator"] as const;
const administrator = ["administrator"] as const;

const method = <I extends z.ZodType, O extends z.ZodType>(access: Access, input: I, output: O) => ({
  access,
  input,
  output,
});

/** Input, output and access of every method. Both sides check both. */
export const CONTRACT = {
  snapshot: method("anybody", nothing, v.snapshotSchema),
  unlock: method("anybody", z.strictObject({ person: v.countSchema, pin }), nothing),
  lock: method("anybody", nothing, nothing),
  /** A hand moved: the idle time begins again. */
  touch: method("anybody", nothing, nothing),
  setLanguage: method("anybody", z.strictObject({ language: v.languageSchema }), nothing),
  firstAdministrator: method(
    "set-up",
    z.strictObject({ name: z.string().trim().min(1).max(80), pin }),
    nothing,
  ),

  unloadTablet: method(employee, z.strictObject({ id: v.shortText }), nothing),
  unloadFolder: method(employee, nothing, chosen),
  stopTablet: method(employee, z.strictObject({ id: v.shortText }), nothing),
  clearCard: method(employee, z.strictObject({ id: v.shortText }), nothing),
  today: method(employee, nothing, z.array(v.todayLineSchema).max(1_000).readonly()),
  /** Opens the station's key, for receipts, acts and bags. */
  openKey: method("signed-in", z.strictObject({ passphrase: z.string().max(1_000) }), nothing),

  /** The hand-over act of a tablet's last unloading, as a PDF. */
  saveAct: method(handingOver, z.strictObject({ device: v.hex32 }), chosen),
  /** The same on paper, by the system's own print dialog. `printed` false: that was closed. */
  printAct: method(
    handingOver,
    z.strictObject({ device: v.hex32 }),
    z.strictObject({ printed: z.boolean() }),
  ),

  batches: method(
    auditor,
    z.strictObject({ filter: v.filterSchema, sort: v.sortSchema, ...page }),
    z.strictObject({ total: v.countSchema, rows: z.array(v.batchRowSchema).max(200).readonly() }),
  ),
  verdictCounts: method(auditor, z.strictObject({ filter: v.filterSchema }), v.verdictCountsSchema),
  facets: method(
    auditor,
    nothing,
    z.strictObject({ areas: z.array(v.areaSchema).readonly(), days: z.array(v.daySchema).readonly() }),
  ),
  tablets: method(
    auditor,
    z.strictObject({ text: z.string().max(100), area: v.areaSchema.nullable(), ...page }),
    z.strictObject({ total: v.countSchema, rows: z.array(v.tabletLineSchema).max(200).readonly() }),
  ),
  sequence: method(auditor, z.strictObject({ device: v.hex32 }), v.sequenceSchema.nullable()),
  days: method(
    auditor,
    z.strictObject({ area: v.areaSchema.nullable() }),
    z.array(v.dayCountsSchema).max(400).readonly(),
  ),
  batch: method(auditor, v.batchKeySchema, v.batchPageSchema.nullable()),
  saveCsv: method(auditor, z.strictObject({ filter: v.filterSchema, sort: v.sortSchema }), chosen),
  /** Begins a report for other programs; it is a job. */
  saveReport: method(
    auditor,
    z.strictObject({ by: z.enum(REPORT_KINDS), format: z.enum(REPORT_FORMATS) }),
    chosen,
  ),
  copy: method("signed-in", z.strictObject({ text: z.string().max(200_000) }), nothing),
  retryQuarantine: method(
    auditor,
    nothing,
    z.strictObject({ staged: v.countSchema, stillRefused: v.countSchema }),
  ),

  queue: method(
    operator,
    z.strictObject({ ...page, list: z.enum(["waiting", "conflicts"]) }),
    z.strictObject({ total: v.countSchema, rows: z.array(v.queueRowSchema).max(200).readonly() }),
  ),
  startSending: method(operator, nothing, nothing),
  pauseSending: method(operator, nothing, nothing),
  /** Begins to carry what is staged and not at the centre to a folder or drive; `again`: also what another station has confirmed. A job. */
  exportBag: method(operator, z.strictObject({ again: z.boolean() }), chosen),
  /** Begins to take in a bag of another station, or its receipt for one of this station's. A job. */
  importBag: method(operator, nothing, chosen),
  /** Who may begin a job may stop it, and put its outcome aside. */
  stopJob: method(auditor, z.strictObject({ no: v.countSchema }), nothing),
  clearJob: method(auditor, z.strictObject({ no: v.countSchema }), nothing),

  log: method(
    ["auditor", "administrator"],
    z.strictObject(page),
    z.strictObject({ total: v.countSchema, rows: z.array(v.logRowSchema).max(200).readonly() }),
  ),
  verifyLog: method(
    ["auditor", "administrator"],
    nothing,
    z.strictObject({
      lines: v.countSchema,
      /** null: something does not fit, and `fault` says what. */
      proof: v.logProofSchema.nullable(),
      fault: v.logFaultSchema.nullable(),
    }),
  ),

  areaNames: method("signed-in", nothing, z.array(v.areaNameSchema).max(10_000).readonly()),
  /** A CSV of the published classifier: code, name in kk, ru and en. */
  loadAreaNames: method(administrator, nothing, chosen),

  settings: method(administrator, nothing, v.settingsSchema),
  createStation: method(administrator, z.strictObject({ passphrase: z.string().max(1_000) }), nothing),
  saveRequest: method(administrator, nothing, chosen),
  takeCertificate: method(administrator, nothing, chosen),
  loadCampaign: method(administrator, nothing, chosen),
  /** Begins to copy the whole store, and to read the copy back. A job. */
  backup: method(administrator, nothing, chosen),
  setCentre: method(administrator, z.strictObject({ url: z.string().max(2_000) }), nothing),
  setOption: method(
    administrator,
    z.discriminatedUnion("name", [
      z.strictObject({ name: z.enum(["automatic", "receipts", "sound"]), value: z.boolean() }),
      z.strictObject({ name: z.literal("idleMinutes"), value: z.int().min(1).max(120) }),
      z.strictObject({ name: z.literal("stationName"), value: z.string().trim().min(1).max(80) }),
    ]),
    nothing,
  ),
  addPerson: method(
    administrator,
    z.strictObject({
      name: z.string().trim().min(1).max(80),
      roles: z.array(v.roleSchema).min(1).max(4),
      pin,
    }),
    nothing,
  ),
  changePin: method(administrator, z.strictObject({ person: v.countSchema, pin }), nothing),
  removePerson: method(administrator, z.strictObject({ person: v.countSchema }), nothing),
} as const satisfies Record<Method, { access: Access; input: z.ZodType; output: z.ZodType }>;

export type Input<M extends Method> = z.input<(typeof CONTRACT)[M]["input"]>;
export type Output<M extends Method> = z.output<(typeof CONTRACT)[M]["output"]>;

export type Answer<M extends Method> = Result<Output<M>, Problem>;

/** What a window holds of the other side: one function a method, and the snapshots. The preload exposes it as `window.sanaq`. */
export type Bridge = {
  readonly [M in Method]: (input: Input<M>) => Promise<Answer<M>>;
} & {
  /** Calls at once with the newest snapshot, then at every later one; returns the end of it. */
  readonly onSnapshot: (take: (snapshot: v.Snapshot) => void) => () => void;
};

/** The other side of the bridge, wherever it runs: the desk in the engine's process, or a double in tests. */
export interface Desk {
  call<M extends Method>(method: M, input: Input<M>): Promise<Answer<M>>;
  /** Calls at once with the current snapshot, then at most five times a second. */
  subscribe(take: (snapshot: v.Snapshot) => void): () => void;
}

/** Milliseconds between two snapshots at least. */
export const SNAPSHOT_INTERVAL_MS = 200;

export const isMethod = (text: unknown): text is Method =>
  typeof text === "string" && (METHODS as readonly string[]).includes(text);
