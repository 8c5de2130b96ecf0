/** Places whose files are kept: nothing that a person names may be written over them. */

/** What keeps files in a folder. `outbox`: of a tablet, wherever it lies; `bag`: of a station. */
export type Keeping = "store" | "backup" | "bag" | "outbox";

/** A path lies, links resolved, in a folder whose files are kept. Exit code 2. */
export interface HeldPlace {
  readonly type: "held-place";
  readonly what: Keeping;
  /** The path that was given. */
  readonly path: string;
  /** The folder that keeps its files. */
  readonly folder: string;
}
