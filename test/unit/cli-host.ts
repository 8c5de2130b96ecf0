import { PassThrough } from "node:stream";
import { type Host, run } from "../../main/cli/program.ts";
import type { Engine } from "../../main/engine/api.ts";
import { ok } from "../../shared/result.ts";

/** What one run of the program left behind. */
export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

const notAsked = (): never => {
  throw new Error("this command asks the engine for nothing of the kind");
};

/** An engine that answers what a test says, and throws at anything else. */
export const engineWith = (parts: Partial<Engine>): Engine => ({
  init: notAsked,
  takeStationCertificate: notAsked,
  about: notAsked,
  openKey: notAsked,
  isKeyOpen: notAsked,
  loadCampaign: notAsked,
  tablets: notAsked,
  unload: notAsked,
  watch: notAsked,
  reconcile: notAsked,
  upload: notAsked,
  exportBag: notAsked,
  importBag: notAsked,
  travels: notAsked,
  evidence: notAsked,
  backup: notAsked,
  report: notAsked,
  checkStore: notAsked,
  lastDeepCheck: notAsked,
  quarantineList: notAsked,
  quarantineRetry: notAsked,
  auditShow: notAsked,
  auditVerify: notAsked,
  headsAtCentre: notAsked,
  auditHead: notAsked,
  act: notAsked,
  verifyAct: notAsked,
  endSession: notAsked,
  close: () => ok(undefined),
  ...parts,
});

function collected(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return { stream, text: () => Buffer.concat(parts).toString("utf8") };
}

/** Runs the program's own code on streams of the test. English unless the arguments say otherwise. */
export async function runWith(
  engine: Partial<Engine>,
  args: readonly string[],
  host: Partial<Host> = {},
): Promise<Ran> {
  const out = collected();
  const err = collected();
  const exit = await run({
    args,
    env: { SANAQ_LANG: "en" },
    stdin: new PassThrough(),
    stdout: out.stream,
    stderr: err.stream,
    compose: async () => ok(engineWith(engine)),
    keeping: { backup: notAsked, restore: notAsked },
    connect: notAsked,
    onInterrupt: () => () => {},
    ...host,
  });
  return { exit, out: out.text(), err: err.text() };
}
