import { readFileSync } from "node:fs";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { LinkFailure } from "./errors.ts";
import { asLink, type Link } from "./link.ts";

/** The tables of the centre, made and brought up to date by ordered scripts that never change once released. */
const MIGRATIONS = ["0001-batches.sql", "0002-stations.sql", "0003-manifests.sql"] as const;
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Any number would do, as long as every station takes the same: "sanaq" in ASCII. */
const MIGRATION_LOCK = "495555862897";

const VERSION_TABLE = `
  CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL, applied timestamptz NOT NULL DEFAULT now())`;
/** Looks in the catalogue by a query, which sees what was committed by now; `to_regclass` may answer from what the session knew. */
const LOOK = {
  text: `
    SELECT bool_or(pg_has_role(tableowner, 'USAGE')) AS owned, coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS creates
    FROM pg_tables WHERE tablename = 'schema_version' AND schemaname = ANY (current_schemas(false))`,
};
const READ = { text: "SELECT coalesce(max(version), 0) AS version FROM schema_version" };

interface Found {
  /** 0: there are no tables. */
  readonly version: number;
  /** Whether who logged in may make the tables, or change them where they are. */
  readonly isOwner: boolean;
}

async function look(link: Link, signal: AbortSignal): Promise<Result<Found, LinkFailure>> {
  const table = await link.run(LOOK, [], signal);
  if (!table.ok) return err(asLink(table.error));
  const { owned, creates } = table.value[0] ?? {};
  if (typeof owned !== "boolean") return ok({ version: 0, isOwner: creates === true });
  const version = await link.run(READ, [], signal);
  return version.ok
    ? ok({ version: Number(version.value[0]?.version), isOwner: owned })
    : err(asLink(version.error));
}

function judge({ version, isOwner }: Found): Result<"current" | "old", LinkFailure> {
  if (version === SCHEMA_VERSION) return ok("current");
  if (version < SCHEMA_VERSION && isOwner) return ok("old");
  return err({ type: "wrong-schema", found: version === 0 ? null : version, wanted: SCHEMA_VERSION });
}

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
  const found = await look(link, signal);
  if (!found.ok) return found;
  const judged = judge(found.value);
  if (!judged.ok) return judged;
  for (const [text, values] of [[VERSION_TABLE, []] as const, ...stepsFrom(found.value.version)]) {
    const done = await run(text, values);
    if (!done.ok) return done;
  }
  return run("COMMIT");
}

/**
 * For their owner, makes the tables where they are missing or brings them up to date; several may do so at once. For a station's own role it
 * only looks: missing, older and newer tables are `wrong-schema`. After an error the link may be in a transaction: close it.
 */
export async function ensureSchema(link: Link, signal: AbortSignal): Promise<Result<void, LinkFailure>> {
  const found = await look(link, signal);
  if (!found.ok) return found;
  const judged = judge(found.value);
  if (!judged.ok) return judged;
  return judged.value === "current" ? ok(undefined) : migrate(link, signal);
}
