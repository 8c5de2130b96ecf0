import * as z from "zod";
import { jobSchema } from "./jobs.ts";
import { countSchema, hex32, shortText } from "./views/common.ts";
import { centreSchema, sendSchema } from "./views/send.ts";
import { sessionSchema } from "./views/session.ts";
import { unloadSchema } from "./views/unload.ts";

/**
 * What windows may see, as zod schemas. Everything is data: whole values without methods, so that it crosses processes as it is.
 * Times are RFC 3339 with the offset of the clock that was read; identities are lower-case hex.
 */

export * from "./views/batch.ts";
export * from "./views/common.ts";
export * from "./views/log.ts";
export * from "./views/reconcile.ts";
export * from "./views/send.ts";
export * from "./views/session.ts";
export * from "./views/settings.ts";
export * from "./views/unload.ts";

export const snapshotSchema = z.strictObject({
  revision: countSchema,
  session: sessionSchema,
  station: z.strictObject({
    id: hex32.nullable(),
    name: shortText.nullable(),
    certificate: z.boolean(),
    campaign: z
      .strictObject({ id: shortText, name: z.strictObject({ kk: shortText, ru: shortText, en: shortText }) })
      .nullable(),
    freeBytes: countSchema.nullable(),
  }),
  centre: centreSchema,
  unload: unloadSchema,
  send: sendSchema,
  /** Long work under way, or what the last one came to until somebody puts it aside. */
  job: jobSchema.nullable(),
  /** Times the engine was started again since the windows opened; `down` while it is being started. */
  engine: z.strictObject({ state: z.enum(["running", "down"]), restarts: countSchema }),
});
/** Everything that moves on the screens, whole. Later ones have a higher revision. */
export type Snapshot = z.infer<typeof snapshotSchema>;
