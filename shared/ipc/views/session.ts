import * as z from "zod";
import { countSchema, languageSchema, roleSchema, shortText, stampSchema } from "./common.ts";

/** Who works here, and the lock. */

export const personSchema = z.strictObject({
  id: countSchema,
  name: shortText,
  roles: z.array(roleSchema).readonly(),
});
export type Person = z.infer<typeof personSchema>;

export const sessionSchema = z.strictObject({
  /** `set-up`: no administrator exists yet. */
  state: z.enum(["set-up", "locked", "open"]),
  person: personSchema.nullable(),
  /** Whom the lock offers. */
  people: z.array(personSchema).readonly(),
  language: languageSchema,
  /** For whom the next PIN is not taken yet, after failures, and when it is. */
  waits: z.array(z.strictObject({ person: countSchema, until: stampSchema })).readonly(),
  /** Minutes without a hand on the keyboard or mouse after which the windows lock. */
  idleMinutes: countSchema,
});
export type SessionView = z.infer<typeof sessionSchema>;
