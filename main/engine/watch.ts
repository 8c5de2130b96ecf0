import type { TabletPresence, TabletProgress, TabletReport } from "../../shared/views.ts";
import type { TabletSource } from "./ports.ts";

/**
 * Unloads every tablet as it is plugged in, until the signal. A presence is one plugging-in: the same tablet plugged in again is
 * another one, and goes on where it stopped.
 */
export async function watchCable(
  cable: TabletSource,
  unloadOne: (
    presence: TabletPresence,
    onProgress: (progress: TabletProgress) => void,
  ) => Promise<readonly TabletReport[]>,
  onProgress: (progress: TabletProgress) => void,
  onReport: (report: TabletReport) => void,
  onPresence: (present: readonly TabletPresence[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const handled = new Set<string>();
  const jobs = new Set<Promise<void>>();
  const { promise: failed, reject } = Promise.withResolvers<never>();

  const start = (presence: TabletPresence): void => {
    handled.add(presence.id);
    const job = unloadOne(presence, onProgress)
      .then((reports) => reports.forEach(onReport), reject)
      .finally(() => jobs.delete(job));
    jobs.add(job);
  };
  const stop = cable.watch((present) => {
    onPresence(present);
    const here = new Set(present.map((one) => one.id));
    for (const id of handled) if (!here.has(id)) handled.delete(id);
    for (const presence of present)
      if (presence.problem === null && !handled.has(presence.id) && !signal.aborted) start(presence);
  });
  const aborted = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  try {
    await Promise.race([aborted, failed]);
    await Promise.race([Promise.all(jobs), failed]);
  } finally {
    stop();
  }
}
