import { join } from "node:path";

export type Role = "clean" | "troubled" | "pulled";
export const ROLES: readonly Role[] = ["clean", "troubled", "pulled"];
/** What is written on the back of the three tablets. */
export const NAMES: Readonly<Record<Role, string>> = { clean: "0417", troubled: "0422", pulled: "0391" };

/** Where a tablet's storage lies as a folder, so that what is written to it can be looked at. */
export const storageOf = (folder: string, role: Role): string => join(folder, "tablets", NAMES[role]);
