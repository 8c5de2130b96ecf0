import * as z from "zod";
import { OUTCOMES, REASONS, TABLET_STATES, VERDICTS } from "../../reasons.ts";
import type { LinkFailure } from "../../views.ts";
import { valuesSchema } from "../problems.ts";

/** Words and measures that all views share, as they are checked where they cross from one process into another. */

export const LANGUAGES = ["kk", "ru", "en"] as const;
export const languageSchema = z.enum(LANGUAGES);
export type Language = z.infer<typeof languageSchema>;

export const ROLES = ["employee", "auditor", "operator", "administrator"] as const;
export const roleSchema = z.enum(ROLES);
export type Role = z.infer<typeof roleSchema>;

export const hex32 = z.string().regex(/^[0-9a-f]{32}$/);
/** Stands for the tablet of batches that were refused and name no tablet that can be believed. */
export const NO_DEVICE = "0".repeat(32);
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
/** KATO code of a district: 9 digits. */
export const areaSchema = z.string().regex(/^\d{9}$/);
/** A moment with its offset. */
export const stampSchema = z.string().max(40);
export const daySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
export const countSchema = z.int().min(0);
/** At most 400 characters: names, codes, paths shortened for people. */
export const shortText = z.string().max(400);

export const reasonSchema = z.enum(REASONS);
export const verdictSchema = z.enum(VERDICTS);
export const tabletStateSchema = z.enum(TABLET_STATES);
export const outcomeSchema = z.enum(OUTCOMES);

/** Why a tablet cannot be used or stopped answering: LinkFailure of shared/views.ts as word and values. */
export const LINK_FAILURES = [
  "unplugged",
  "not-answering",
  "busy",
  "held-by-system",
  "no-permission",
  "no-storage",
  "no-outbox",
  "inside-outbox",
  "lost-sync",
  "refused",
  "too-many-files",
  "read-only",
  "full",
  "exists",
  "changed",
  "disk",
  "cancelled",
] as const satisfies readonly LinkFailure["type"][];
export const linkFailureSchema = z.strictObject({ type: z.enum(LINK_FAILURES), values: valuesSchema });
export type LinkProblem = z.infer<typeof linkFailureSchema>;
