import { z } from "zod";
import type { Digest } from "../../shared/ids.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { sha256 } from "./sha256.ts";

/** What a campaign's folder says (docs/formats.md, campaign folder). */
export interface Campaign {
  readonly id: string;
  readonly name: { readonly kk: string; readonly ru: string; readonly en: string };
  /** Seconds since 1970 UTC. */
  readonly from: number;
  readonly to: number;
  /** Days by which an expired leaf certificate still counts. */
  readonly graceDays: number;
  /** OID under which .1 is tablet, .2 station, .3 central. */
  readonly roleArc: string;
  /** Path of the outbox on a tablet, with slashes. */
  readonly outbox: string;
  readonly forms: ReadonlySet<string>;
  readonly schemas: ReadonlySet<Digest>;
  /** SHA-256 of the centre's age recipient strings. */
  readonly central: ReadonlySet<Digest>;
}

const recipient = z.string().regex(/^age1[0-9a-z]+$/);

const file = z.object({
  v: z.literal(1),
  id: z.string().min(1).max(200),
  name: z.object({ kk: z.string(), ru: z.string(), en: z.string() }),
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  graceDays: z.number().min(0).max(3650).default(0),
  roleArc: z.string().regex(/^[0-9]+(\.[0-9]+)+$/),
  outbox: z
    .string()
    .regex(/^(\/[^/\0]+)+$/)
    .default("/Sanaq/outbox"),
  forms: z.array(z.string()).min(1),
  schemas: z.array(z.string().regex(/^[0-9a-fA-F]{64}$/)).min(1),
  recipients: z.object({ central: z.array(recipient).min(1), department: z.array(recipient).default([]) }),
});

const seconds = (rfc3339: string): number => Math.floor(Date.parse(rfc3339) / 1000);

/** Reads campaign.json. The error names the field that is wrong, as a path with dots, or is `not-json`. */
export function parseCampaign(json: string): Result<Campaign, string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return err("not-json");
  }
  const parsed = file.safeParse(value);
  if (!parsed.success) return err(parsed.error.issues[0]?.path.join(".") || "not-json");
  const { id, name, graceDays, roleArc, outbox, forms, schemas, recipients } = parsed.data;
  const from = seconds(parsed.data.from);
  const to = seconds(parsed.data.to);
  if (from > to) return err("to");
  return ok({
    id,
    name,
    from,
    to,
    graceDays,
    roleArc,
    outbox,
    forms: new Set(forms),
    schemas: new Set(schemas.map((schema) => schema.toLowerCase() as Digest)),
    central: new Set(recipients.central.map(sha256)),
  });
}
