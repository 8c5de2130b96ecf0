/**
 * Waits for all of them, whatever becomes of any: nobody goes on while work that others have to do with is still under way. Throws what the
 * first of them, in their order, has failed with.
 */
export async function allDone(works: Iterable<Promise<void>>): Promise<void> {
  for (const done of await Promise.allSettled(works)) if (done.status === "rejected") throw done.reason;
}
