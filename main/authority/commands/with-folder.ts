import type { Exit } from "../../hosting/exit.ts";
import { type Context, stopOn } from "../context.ts";
import { AuthorityFolder } from "../folder.ts";

/** Opens the authority's folder, runs a command on it, and closes it, whatever happens. */
export async function withFolder(
  context: Context,
  work: (folder: AuthorityFolder) => Promise<Exit>,
): Promise<Exit> {
  const folder = await AuthorityFolder.open(context.folder, context.clock);
  if (!folder.ok) return stopOn(context, folder.error);
  try {
    return await work(folder.value);
  } finally {
    await folder.value.close();
  }
}
