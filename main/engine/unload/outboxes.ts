import type { TabletProgress, TabletReport } from "../../../shared/views.ts";
import { endsLink, type TabletLink } from "../ports.ts";
import type { UnloadContext } from "./context.ts";
import { unread } from "./report.ts";
import { unloadTablet } from "./unload.ts";

/** How an unloading may end, the worst first. */
const ENDS: readonly TabletProgress["phase"][] = [
  "interrupted",
  "cannot-use",
  "needs-person",
  "safe-to-unplug",
];

/** The worst of several ends; null: nothing has ended. */
function worst(ended: readonly TabletProgress[]): TabletProgress | null {
  const rank = ({ phase }: TabletProgress): number => ENDS.indexOf(phase);
  return ended.toSorted((a, b) => rank(a) - rank(b))[0] ?? null;
}

/**
 * Unloads every outbox of an open tablet, one after the other. The tablet is done when all of them are: until then no progress says that it may be
 * unplugged. Value: a report for each outbox; none for one of another device than the wanted one.
 */
export async function unloadOutboxes(
  link: TabletLink,
  context: UnloadContext,
  onProgress: (progress: TabletProgress) => void,
  signal: AbortSignal,
): Promise<readonly TabletReport[]> {
  if (link.others.length === 0) {
    const report = await unloadTablet(link, context, onProgress, signal);
    return report === null ? [] : [report];
  }
  const reports: TabletReport[] = [];
  const ended: TabletProgress[] = [];
  const hold = (progress: TabletProgress): void => {
    if (ENDS.includes(progress.phase)) ended.push(progress);
    else onProgress(progress);
  };
  for (const one of [link, ...link.others]) {
    const lost = reports.at(-1)?.failure ?? null;
    const report =
      lost !== null && endsLink(lost)
        ? unread(one.source, lost)
        : await unloadTablet(one, context, hold, signal);
    if (report !== null) reports.push({ ...report, outbox: one.outbox });
  }
  const last = worst(ended);
  if (last !== null) onProgress(last);
  return reports;
}
