import { type Card, type Concern, type LinkProblem, NO_DEVICE } from "../../shared/ipc/views.ts";
import { linkKey } from "../../shared/messages/index.ts";
import type { Reason } from "../../shared/reasons.ts";
import type { Words } from "../i18n.ts";
import type { MessageKey } from "../messages/index.ts";
import type { Tone } from "./icons.tsx";
import type { PictureKind } from "./TapPicture.tsx";

/** What a card says, as pure functions of it. */

type Named = Pick<Card, "name" | "device"> & Partial<Pick<Card, "problem" | "product">>;

/** Batches that name no tablet which can be believed, as where the ledger is gone, stand under an id of their own. */
export const isNameless = ({ name, device }: Pick<Named, "name" | "device">): boolean =>
  name === null && device === NO_DEVICE;

/** A tablet's name alone, for columns: by its certificate, else the first digits of its id, else that it has none. */
export function shortName(
  words: Words,
  row: { readonly name: string | null; readonly device: string },
): string {
  return row.name ?? (isNameless(row) ? words.t("tablet.nameless.short") : row.device.slice(0, 8));
}

/** What a tablet is called: by its certificate, else by its id, else as the cable knows it. */
export function tabletName(words: Words, card: Named): string {
  if (card.name !== null) return words.t("tablet.named", { name: card.name });
  if (isNameless(card)) return words.t("tablet.nameless");
  if (card.device !== null) return words.t("tablet.named", { name: card.device.slice(0, 8) });
  return card.product ?? words.t(card.problem == null ? "tablet.unknown" : "device.unknown");
}

/** The same in three parts, for the number is what the eye looks for among ten cards: the words before it, it, and those after it. */
export function tabletTitle(words: Words, card: Named): readonly [string, string, string] {
  const whole = tabletName(words, card);
  const name = card.name ?? (isNameless(card) ? null : (card.device?.slice(0, 8) ?? null));
  const at = name === null ? -1 : whole.lastIndexOf(name);
  if (name === null || at < 0) return ["", whole, ""];
  return [whole.slice(0, at), name, whole.slice(at + name.length)];
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
      return problemName(words, card.problem ?? { type: "not-answering", values: {} });
    default:
      return words.t(`card.${card.state}`);
  }
}

export const problemName = (words: Words, problem: LinkProblem): string => words.t(`problem.${problem.type}`);

/** Most serious first: what may be lost, then what cannot be believed, then the rest. */
const WEIGHT: readonly Concern["kind"][] = [
  "damaged",
  "gap",
  "fork",
  "head-lowered",
  "chain-forgotten",
  "quarantined",
  "failed",
  "ledger-invalid",
  "ledger-rollback",
  "false-ack",
  "not-listed",
  "unsealed",
  "growing",
  "crl-stale",
  "unlisted",
  "clock-skew",
];
export const bySeriousness = (concerns: readonly Concern[]): readonly Concern[] =>
  [...concerns].sort((a, b) => WEIGHT.indexOf(a.kind) - WEIGHT.indexOf(b.kind));

/** A batch's title: its tablet and its number. */
export const batchTitle = (
  words: Words,
  row: { readonly name: string | null; readonly device: string; readonly seq: number },
): string =>
  isNameless(row)
    ? words.t("batch.title.nameless", { seq: row.seq })
    : words.t("batch.title", { name: shortName(words, row), seq: row.seq });

/** The title of a tablet's sequence. */
export const sequenceTitle = (
  words: Words,
  tablet: { readonly name: string | null; readonly device: string },
): string =>
  isNameless(tablet)
    ? words.t("sequence.title.nameless")
    : words.t("sequence.title", { name: shortName(words, tablet) });

const reasonName = (words: Words, reason: Concern["reason"]): string =>
  reason === null
    ? ""
    : reason === "missing"
      ? words.t("ledger-state.missing")
      : words.t(`reason.${reason}.name`);

const difference = (words: Words, concern: Concern): string =>
  concern.clock === null ? "" : words.duration(Math.abs(concern.clock.seconds));

/** What happened, in a sentence that is readable from a metre away, with the first batches by number. */
export function concernSentence(words: Words, concern: Concern): string {
  const sentence = words.t(`concern.${concern.kind}`, {
    count: concern.count,
    reason: reasonName(words, concern.reason),
    difference: difference(words, concern),
  });
  const list = batchList(words, concern);
  return list === null ? sentence : words.t("card.batches.list", { sentence, list });
}

/** The long form, for the details. */
export function concernExplained(words: Words, concern: Concern): string {
  const { kind, reason } = concern;
  if (kind === "failed") return words.t("reason.io.what");
  if (kind === "quarantined") return words.t(`reason.${ofReason(reason)}.what`);
  return words.t(`finding.${kind}.what`, {
    count: concern.count,
    batches: batchList(words, concern) ?? "",
    reason: reasonName(words, reason),
    issuer: concern.name ?? "",
    chain: concern.name ?? "",
    name: concern.name ?? "",
    of: concern.clock?.of ?? "tablet",
    ahead: (concern.clock?.seconds ?? 0) > 0 ? "yes" : "no",
    difference: difference(words, concern),
  });
}

const ofReason = (reason: Concern["reason"]): Reason =>
  reason === null || reason === "missing" ? "malformed" : reason;

/** The long form of what to do, for the details. */
export function whatToDo(words: Words, concern: Concern): string {
  const { kind, reason } = concern;
  if (kind === "failed") return words.t("reason.io.do");
  if (kind === "quarantined") return words.t(`reason.${ofReason(reason)}.do`);
  return words.t(`finding.${kind}.do`);
}

export const problemExplained = (words: Words, problem: LinkProblem): string =>
  words.t(`${linkKey(problem.type)}.what`, problem.values);
export const problemDo = (words: Words, problem: LinkProblem): string =>
  words.t(`${linkKey(problem.type)}.do`, problem.values);

/** A dozen sentences say on all cards what to do: who unloads forty tablets a day knows them after an hour. The details say more. */
const DO_REASON: Readonly<Record<Reason, MessageKey>> = {
  malformed: "do.support",
  "signature-invalid": "do.replug",
  "certificate-untrusted": "do.auditor",
  "certificate-expired": "do.campaign",
  "certificate-revoked": "do.auditor",
  "wrong-device": "do.auditor",
  "wrong-campaign": "do.auditor",
  "unknown-schema": "do.campaign",
  "central-not-recipient": "do.support",
  "body-missing": "do.replug",
  "length-mismatch": "do.replug",
  "chunk-mismatch": "do.replug",
  "not-age": "do.support",
  "previous-mismatch": "do.everything",
  conflict: "do.auditor",
  "ledger-mismatch": "do.auditor",
  io: "do.replug",
};
const DO_CONCERN: Readonly<Record<Exclude<Concern["kind"], "quarantined">, MessageKey>> = {
  failed: "do.replug",
  gap: "do.auditor",
  fork: "do.auditor",
  "ledger-rollback": "do.auditor",
  "ledger-invalid": "do.auditor",
  "not-listed": "do.auditor",
  unsealed: "do.finish",
  "head-lowered": "do.auditor",
  "chain-forgotten": "do.auditor",
  damaged: "do.administrator",
  growing: "do.finish",
  "crl-stale": "do.campaign",
  unlisted: "do.foreign",
  "clock-skew": "do.clock",
  "false-ack": "do.auditor",
};
const DO_PROBLEM: Readonly<Partial<Record<LinkProblem["type"], MessageKey>>> = {
  unplugged: "card.interrupted.do",
  "no-permission": "do.administrator",
  "no-outbox": "do.census",
  "too-many-files": "do.auditor",
  exists: "do.auditor",
  "read-only": "do.receipt",
  full: "do.receipt",
  changed: "do.close",
};

/** One sentence of what to do about a concern. */
export const concernDo = (words: Words, { kind, reason }: Concern): string =>
  words.t(kind === "quarantined" ? DO_REASON[ofReason(reason)] : DO_CONCERN[kind]);

/** One sentence of what to do about a tablet that cannot be used; where a drawing says it there is none. */
export function problemDoShort(words: Words, problem: LinkProblem): string | null {
  if (pictureOf(problem) !== null) return null;
  const key = DO_PROBLEM[problem.type];
  return key === undefined ? problemDo(words, problem) : words.t(key);
}

const PICTURES: Readonly<Partial<Record<LinkProblem["type"], PictureKind>>> = {
  "no-storage": "tap",
  busy: "hold",
  "held-by-system": "hold",
  "not-answering": "replug",
  "lost-sync": "replug",
  refused: "replug",
};
export const pictureOf = (problem: LinkProblem | null): PictureKind | null =>
  problem === null ? null : (PICTURES[problem.type] ?? null);

const SHOWN_BATCHES = 3;

function batchList(words: Words, concern: Concern): string | null {
  if (concern.batches.length === 0) return null;
  const list = concern.batches.slice(0, SHOWN_BATCHES).join(",\u00a0");
  return concern.count > SHOWN_BATCHES ? words.t("card.batches.more", { list }) : list;
}
