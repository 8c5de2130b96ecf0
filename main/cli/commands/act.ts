import type { DeviceId } from "../../../shared/ids.ts";
import { mayWriteFile, writeChosen } from "../../adapters/disk/chosen.ts";
import { readFileWithin } from "../../adapters/disk/regular.ts";
import { type Context, passphraseFor, printJson, stopOn } from "../context.ts";
import { EXIT, type Exit } from "../exit.ts";
import { sign } from "../render/text.ts";

/** An act of a hundred thousand batches is smaller. */
const MAX_ACT_BYTES = 256 * 1_048_576;

/** The disk's word for what could not be read or written; anything without one is a bug. */
function diskCode(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code;
}

/** `act --tablet ID --out FILE.pdf`: the act of the last unloading. */
export async function makeAct(context: Context, device: DeviceId, out: string): Promise<Exit> {
  const { t } = context.words;
  const may = await mayWriteFile(out);
  if (!may.ok) return stopOn(context, may.error);
  const passphrase = await passphraseFor(context, false);
  if (typeof passphrase !== "string") return passphrase.exit;
  const made = await context.engine.act(device, passphrase);
  if (!made.ok) return stopOn(context, made.error);
  const { no, code, madeAt, isNew, batches, open: left, bytes } = made.value;
  const written = await writeChosen(out, (write) => write(bytes));
  if (!written.ok) return stopOn(context, written.error);
  if (context.json)
    await printJson(context, {
      act: no,
      device,
      file: out,
      made: madeAt,
      new: isNew,
      batches,
      open: left,
      code,
    });
  else {
    await context.out.line(t(isNew ? "act.made" : "act.again", { no, path: out }));
    if (left > 0) await context.out.line(`${sign("person", context.out)} ${t("act.open", { count: left })}`);
  }
  return EXIT.done;
}

/** The code itself, or the bytes of the file of that name; the system's word where it cannot be read. */
async function given(codeOrFile: string): Promise<string | Uint8Array | { readonly code: string }> {
  if (/^\s*SANAQ-ACT\//i.test(codeOrFile)) return codeOrFile;
  try {
    return await readFileWithin(codeOrFile, MAX_ACT_BYTES);
  } catch (error) {
    return { code: diskCode(error) };
  }
}

/** `act --verify CODE-or-FILE`: what this store says of an act that somebody holds. */
export async function verifyAct(context: Context, codeOrFile: string): Promise<Exit> {
  const { t, moment } = context.words;
  const act = await given(codeOrFile);
  if (typeof act === "object" && "code" in act && typeof act.code === "string")
    return stopOn(context, { type: "disk", code: act.code, path: codeOrFile });
  const verdict = await context.engine.verifyAct(act as string | Uint8Array);
  if (!verdict.ok) return stopOn(context, verdict.error);
  const { matches, why, no, device, madeAt } = verdict.value;
  if (context.json) await printJson(context, { matches, why, act: no, device, made: madeAt });
  else if (why === null) {
    const made = madeAt === null ? "" : moment(madeAt);
    await context.out.line(
      `${sign("done", context.out)} ${t("act.matches", { no, device: device ?? "", made })}`,
    );
  } else {
    await context.out.line(
      `${sign("person", context.out)} ${t("act.differs", { no, why: t(`act.fault.${why}`) })}`,
    );
    await context.out.line(t("what-to-do", { text: t("act.differs.do") }));
  }
  return matches ? EXIT.done : EXIT.needsPerson;
}
