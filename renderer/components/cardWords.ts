import type { Card, Concern, LinkProblem } from "../../shared/ipc/views.ts";
import { linkKey } from "../../shared/messages/index.ts";
import type { Words } from "../i18n.tsx";
import type { Tone } from "./icons.tsx";

/** What a card says, as pure functions of it. */

export function tabletName(words: Words, card: Pick<Card, "name" | "device" | "problem">): string {
  if (card.name !== null) return words.t("tablet.named", { name: card.name });
  if (card.device !== null) return words.t("tablet.named", { name: card.device.slice(0, 8) });
  return words.t(card.problem === null ? "tablet.unknown" : "device.unknown");
}

export function tone(card: Card): Tone {
  switch (card.state) {
    case "found":
      return "quiet";
    case "connecting":
    case "reading-ledger":
    case "reading-manifests":
    case "pulling":
    case "writing-receipt":
      return "work";
    case "safe":
      return "calm";
    case "needs-person":
    case "interrupted":
      return "call";
    case "cannot-use":
      return "stop";
  }
}

export const isAtWork = (card: Card): boolean => tone(card) === "work";

export function headline(words: Words, card: Card): string {
  switch (card.state) {
    case "pulling":
      return words.t("card.pulling", { done: card.batchesDone, total: card.batchesTotal });
    case "safe":
      return words.t(card.connected ? "card.safe" : "card.safe.gone");
    case "interrupted":
      return card.batchesTotal > 0
        ? words.t("card.interrupted", { done: card.batchesDone, total: card.batchesTotal })
        : words.t("card.interrupted.early");
    case "cannot-use":
      return words.t(`problem.${card.problem?.type ?? "not-answering"}`);
    default:
      return words.t(`card.${card.state}`);
  }
}

/** Most serious first: what may be lost, then what cannot be believed, then the rest. */
const WEIGHT: readonly Concern["kind"][] = [
  "gap",
  "fork",
  "quarantined",
  "failed",
  "ledger-invalid",
  "ledger-rollback",
  "false-ack",
  "not-listed",
  "growing",
  "crl-stale",
  "unlisted",
  "clock-skew",
];
export const bySeriousness = (concerns: readonly Concern[]): readonly Concern[] =>
  [...concerns].sort((a, b) => WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind));

const reasonName = (words: Words, reason: Concern["reason"]): string =>
  reason === null
    ? ""
    : reason === "missing"
      ? words.t("ledger-state.missing")
      : words.t(`reason.${reason}.name`);

const difference = (words: Words, concern: Concern): string =>
  concern.clock === null ? "" : words.duration(Math.abs(concern.clock.seconds));

/** The short form, readable from a metre away. */
export const concernSentence = (words: Words, concern: Concern): string =>
  words.t(`concern.${concern.kind}`, {
    count: concern.count,
    reason: reasonName(words, concern.reason),
    difference: difference(words, concern),
  });

/** The long form, for the details. */
export function concernExplained(words: Words, concern: Concern): string {
  const { kind, reason } = concern;
  if (kind === "failed") return words.t("reason.io.what");
  if (kind === "quarantined")
    return words.t(`reason.${reason === null || reason === "missing" ? "malformed" : reason}.what`);
  return words.t(`finding.${kind}.what`, {
    count: concern.count,
    batches: concern.batches.join(", "),
    reason: reasonName(words, reason),
    issuer: concern.name ?? "",
    name: concern.name ?? "",
    of: concern.clock?.of ?? "tablet",
    ahead: (concern.clock?.seconds ?? 0) > 0 ? "yes" : "no",
    difference: difference(words, concern),
  });
}

export function whatToDo(words: Words, concern: Concern): string {
  const { kind, reason } = concern;
  if (kind === "failed") return words.t("reason.io.do");
  if (kind === "quarantined")
    return words.t(`reason.${reason === null || reason === "missing" ? "malformed" : reason}.do`);
  return words.t(`finding.${kind}.do`);
}

export const problemDo = (words: Words, problem: LinkProblem): string =>
  words.t(`${linkKey(problem.type)}.do`, problem.values);

export function batchList(words: Words, concern: Concern): string | null {
  if (concern.batches.length === 0) return null;
  const list = concern.batches.map((seq) => words.number(seq)).join(", ");
  const more = concern.count - concern.batches.length;
  return words.t("card.batches.list", {
    count: concern.count,
    list: more > 0 ? words.t("card.batches.more", { list, count: more }) : list,
  });
}
