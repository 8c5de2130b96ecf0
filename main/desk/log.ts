import type { LogFault } from "../../shared/ipc/views.ts";
import type { AuditProblem } from "../engine/api.ts";

const NOTHING: Omit<LogFault, "type"> = {
  no: null,
  upTo: null,
  by: null,
  name: null,
  what: null,
  why: null,
};

const LONGEST = 400;

/** What does not fit in the log, as the windows get it. */
export function logFault(problem: AuditProblem): LogFault {
  if (problem.type === "rows-changed") {
    const { type, no, tables } = problem;
    return { ...NOTHING, type, no, name: tables.join(", ").slice(0, LONGEST) };
  }
  const whole: LogFault = { ...NOTHING, ...problem };
  return { ...whole, name: whole.name?.slice(0, LONGEST) ?? null };
}
