import { checkStore, lostOf } from "./checks.ts";
import { type Ended, runProgram } from "./program.ts";
import { type Places, type Scene, storeAt } from "./scenes.ts";

/** What a fault left is held against what was promised; then the command runs once more, to its end, and all is looked at again. */
export async function aftermath(
  scene: Scene,
  at: Places,
  ended: Ended,
): Promise<{ readonly problems: readonly string[]; readonly lost: number }> {
  const problems = [...(await checkStore(storeAt(at)))];
  const lost = lostOf(ended.out, storeAt(at));
  problems.push(...lost.map((name) => `reported as staged, and not there: ${name}`));
  problems.push(...(await scene.afterFault(at, ended)));
  const again = await runProgram(scene.args(at), null);
  if (!scene.exits.includes(again.exit ?? -1))
    problems.push(`run again: exit ${again.exit}: ${again.out.slice(0, 300)} ${again.err.slice(-300)}`);
  problems.push(...(await checkStore(storeAt(at))), ...(await scene.afterRepeat(at)));
  return { problems, lost: lost.length };
}
