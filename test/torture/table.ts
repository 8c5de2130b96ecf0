import { execFileSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import type { Name } from "./all.ts";
import { ROOT } from "./program.ts";
import type { Row } from "./row.ts";

/** What one torture came to, as a table for people and for docs/reliability.md. */
export interface Outcome {
  readonly name: Name;
  readonly seed: string;
  readonly share: number;
  readonly rows: readonly Row[];
  readonly seconds: number;
}

const git = (...args: readonly string[]): string => {
  try {
    return execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  } catch {
    return "";
  }
};

/** The commit that is run; changed files are told, because then no commit says what was run. The tables themselves are written into docs. */
function commit(): string {
  const at = git("rev-parse", "--short=10", "HEAD");
  if (at === "") return "no commit";
  return git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs") === ""
    ? `commit ${at}`
    : `commit ${at} and changes`;
}

const machine = (): string =>
  `${cpus().length} processors, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release().split("-")[0]}, Node ${process.versions.node}`;

export function tableOf(outcome: Outcome): string {
  const { name, seed, share, rows, seconds } = outcome;
  return [
    `**${name}**: ${commit()}, seed ${seed}, share ${share}, ${Math.round(seconds)} s, ${new Date().toISOString().slice(0, 10)}; ${machine()}`,
    "",
    "| what was done | runs | faults that struck | promises broken | batches lost | notes |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map(
      (row) =>
        `| ${row.torture} | ${row.runs} | ${row.faults} | ${row.findings.length} | ${row.lost} | ${row.notes} |`,
    ),
  ].join("\n");
}

/** The document with this outcome's table in its place: between `<!-- torture NAME -->` and `<!-- end -->`. */
export function putInto(document: string, outcome: Outcome): string {
  const begin = `<!-- torture ${outcome.name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf("<!-- end -->", from);
  if (from < 0 || to < 0) throw new Error(`the document has no place for ${outcome.name}`);
  return `${document.slice(0, from)}${begin}\n\n${tableOf(outcome)}\n\n${document.slice(to)}`;
}
