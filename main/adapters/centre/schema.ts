import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { LinkFailure } from "./errors.ts";
import { asLink, type Link } from "./link.ts";

/** The tables of the centre, made and brought up to date by ordered scripts that never change once released. */
const MIGRATIONS = ["0001-batches.sql"] as const;
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Any number would do, as long as every station takes the same: "sanaq" in ASCII. */
const MIGRATION_LOCK = "495555862897";

const VERSION_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, applied timestamptz NOT NULL DEFAULT now())`;
/** Looks in the catalogue by a query, which sees what was committed by now; `to_regclass` may answer from what the session knew. */
const LOOK = {
  text: "SELECT FROM pg_tables WHERE tablename = 'schema_version' AND schemaname = ANY (current_schemas(false))",
};
const READ = { text: "SELECT coalesce(max(version), 0) AS version FROM schema_version" };

async function versionAt(link: Link, signal: AbortSignal): Promise<Result<number, LinkFailure>> {
  const table = await link.run(LOOK, [], signal);
  if (!table.ok) return err(asLink(table.error));
  if (table.value.length === 0) return ok(0);
  const version = await link.run(READ, [], signal);
  return version.ok ? ok(Number(version.value[0]?.version)) : err(asLink(version.error));
}

const judge = (found: number): Result<"current" | "old", LinkFailure> =>
  found > SCHEMA_VERSION
    ? err({ type: "wrong-schema", found, wanted: SCHEMA_VERSION })
    : ok(found === SCHEMA_VERSION ? "current" : "old");

const script = (name: string): string =>
  readFileSync(new URL(`./migrations/${name}`, import.meta.url), "utf8");

/** The scripts above `found`, each followed by its number, in an open transaction. */
function stepsFrom(found: number): readonly (readonly [text: string, values: readonly number[]])[] {
  return MIGRATIONS.slice(found).flatMap((name, at) => [
    [script(name), []],
    ["INSERT INTO schema_version (version) VALUES ($1)", [found + at + 1]],
  ]);
}

async function migrate(link: Link, signal: AbortSignal): Promise<Result<void, LinkFailure>> {
  const run = async (
    text: string,
    values: readonly (string | number)[] = [],
  ): Promise<Result<void, LinkFailure>> => {
    const answer = await link.run({ text }, values, signal);
    return answer.ok ? ok(undefined) : err(asLink(answer.error));
  };
  const begun = await run("BEGIN");
  if (!begun.ok) return begun;
  const locked = await run("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  if (!locked.ok) return locked;
  const found = await versionAt(link, signal);
  if (!found.ok) return found;
  const judged = judge(found.value);
  if (!judged.ok) return judged;
  for (const [text, values] of [[VERSION_TABLE, []] as const, ...stepsFrom(found.value)]) {
    const done = await run(text, values);
    if (!done.ok) return done;
  }
  return run("COMMIT");
}

/**
 * Makes the tables where they are missing or old; several stations may do so at once. A newer schema is `wrong-schema`. After
 * an error the link may be in a transaction: close it.
 */
export async function ensureSchema(link: Link, signal: AbortSignal): Promise<Result<void, LinkFailure>> {
  const found = await versionAt(link, signal);
  if (!found.ok) return found;
  const judged = judge(found.value);
  if (!judged.ok) return judged;
  return judged.value === "current" ? ok(undefined) : migrate(link, signal);
}
