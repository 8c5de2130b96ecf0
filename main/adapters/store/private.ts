import { chmodSync, closeSync, openSync } from "node:fs";

/** What the store keeps is for its user alone. */

/** Shuts a folder to everybody else, whoever made it. */
export const makePrivate = (folder: string): void => chmodSync(folder, 0o700);

/**
 * Makes an empty file where there is none, before SQLite would make it readable by others. One that is there is never opened: closing it
 * again would drop the locks that this process holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
