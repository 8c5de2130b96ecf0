import * as z from "zod";
import { certificateSchema } from "./batch.ts";
import { areaSchema, countSchema, hex32, shortText, stampSchema } from "./common.ts";
import { personSchema } from "./session.ts";

/** What an administrator sets. */

/** What a district is called; the classifier (KATO) is loaded by an administrator. */
export const areaNameSchema = z.strictObject({
  area: areaSchema,
  kk: shortText,
  ru: shortText,
  en: shortText,
});
export type AreaName = z.infer<typeof areaNameSchema>;

export const settingsSchema = z.strictObject({
  station: z
    .strictObject({ id: hex32, request: z.string().max(8_000), certificate: certificateSchema.nullable() })
    .nullable(),
  campaign: z
    .strictObject({
      id: shortText,
      name: z.strictObject({ kk: shortText, ru: shortText, en: shortText }),
      from: stampSchema,
      to: stampSchema,
      crls: z
        .array(
          z.strictObject({
            issuer: shortText,
            number: shortText.nullable(),
            nextUpdate: stampSchema.nullable(),
          }),
        )
        .max(200)
        .readonly(),
    })
    .nullable(),
  /** The address without its password. */
  centre: shortText.nullable(),
  people: z.array(personSchema).max(500).readonly(),
  automatic: z.boolean(),
  receipts: z.boolean(),
  sound: z.boolean(),
  idleMinutes: countSchema,
  storeFolder: shortText,
  version: shortText,
});
export type SettingsView = z.infer<typeof settingsSchema>;
