import type { LinkFailure } from "../views.ts";
import { en } from "./en.ts";
import {
  type CENTRE_FAILURES,
  type CommonFailure,
  type MessageKey,
  type Messages,
  TLS_FAULTS,
} from "./keys.ts";
import { kk } from "./kk.ts";
import { ru } from "./ru.ts";

export type { MessageKey, Messages };

export const LANGUAGES = ["kk", "ru", "en"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Words for people, common to windows and command line. ICU messages: format them with the language's own plural rules. */
export const MESSAGES: Readonly<Record<Language, Messages>> = { kk, ru, en };

type LinkKey = `link.${Exclude<LinkFailure["type"], CommonFailure>}` | `failure.${CommonFailure}`;

/** Where the words of a link's failure stand: append `.what` and `.do`. The failure itself holds the messages' values. */
export const linkKey = (type: LinkFailure["type"]): LinkKey =>
  type === "disk" || type === "cancelled" ? `failure.${type}` : `link.${type}`;

type TlsKey = `centre.tls.${(typeof TLS_FAULTS)[number]}`;
type CentreKey = `centre.${(typeof CENTRE_FAILURES)[number]}` | TlsKey | `failure.${CommonFailure}`;

/** Where the words of a failure of the centre stand, from its type and values: append `.what` and `.do`. */
export function centreKey(
  type: (typeof CENTRE_FAILURES)[number] | "tls" | CommonFailure,
  values: Readonly<Record<string, unknown>>,
): CentreKey {
  if (type === "disk" || type === "cancelled") return `failure.${type}`;
  if (type !== "tls") return `centre.${type}`;
  const why = TLS_FAULTS.find((one) => one === values.why) ?? "handshake";
  return `centre.tls.${why}`;
}
