import type { Card } from "../../shared/ipc/views.ts";
import { shown } from "../../shared/printable.ts";
import type { TabletPresence } from "../../shared/views.ts";

/**
 * The cards on the table, each in its place. A card stays where it is until it is put aside, or until another tablet needs the place of one
 * that is safe and gone; one that was interrupted, or needs a person, is never replaced by another.
 */

export const MOST_CARDS = 64;

const WORKING: ReadonlySet<Card["state"]> = new Set([
  "connecting",
  "reading-ledger",
  "reading-manifests",
  "pulling",
  "writing-receipt",
]);

export const isWorking = (card: Card): boolean => WORKING.has(card.state);
const isDone = (card: Card): boolean => card.state === "safe" && !card.connected;

/** States in which a person is needed. */
const CALLING: ReadonlySet<Card["state"]> = new Set(["needs-person", "interrupted", "cannot-use"]);
export const needsPerson = (card: Card): boolean => CALLING.has(card.state);

const BLANK: Omit<Card, "slot" | "id" | "source" | "product" | "since"> = {
  device: null,
  name: null,
  area: null,
  connected: true,
  state: "found",
  batchesDone: 0,
  batchesTotal: 0,
  bytesDone: 0,
  bytesTotal: 0,
  ledger: null,
  totals: null,
  receipt: false,
  concerns: [],
  problem: null,
};

export class Table {
  readonly #cards = new Map<string, Card>();

  /** In order of their places. */
  get cards(): readonly Card[] {
    return [...this.#cards.values()].sort((a, b) => a.slot - b.slot).slice(0, MOST_CARDS);
  }

  find(id: string): Card | undefined {
    return this.#cards.get(id);
  }

  /** Lays a card for what was plugged in. `since`: now, as a stamp. */
  lay(presence: Pick<TabletPresence, "id" | "source" | "product">, since: string): Card {
    const old = this.#unnamed(shown(presence.source));
    if (old !== undefined) this.#cards.delete(old.id);
    const { id, source, product } = presence;
    const card: Card = {
      ...BLANK,
      slot: old?.slot ?? this.#place(),
      id,
      source: shown(source),
      product: product === null ? null : shown(product),
      since,
    };
    this.#cards.set(id, card);
    return card;
  }

  /**
   * A card of something that was pulled out before it could be named. The same port's next device takes its place: only for tidiness, since
   * nothing but the place and the word "interrupted" is on such a card.
   */
  #unnamed(source: string): Card | undefined {
    return this.cards.find(
      (card) =>
        !card.connected && card.device === null && card.source === source && card.state === "interrupted",
    );
  }

  #place(): number {
    const cards = this.cards;
    for (const [at, card] of cards.entries()) if (card.slot !== at) return at;
    const done = cards.filter(isDone).sort((a, b) => (a.since < b.since ? -1 : Number(a.since > b.since)));
    const [first] = done;
    if (first === undefined) return cards.length;
    this.#cards.delete(first.id);
    return first.slot;
  }

  /** Changes a card; `since` is set where its state changes. */
  change(id: string, part: Partial<Card>, since: string): Card | undefined {
    const card = this.#cards.get(id);
    if (card === undefined) return undefined;
    const changed = part.state !== undefined && part.state !== card.state;
    const next = { ...card, ...part, ...(changed ? { since } : {}) };
    this.#cards.set(id, next);
    return next;
  }

  /** The tablet is known now: where it left a card before, its new card takes that one's place. */
  recognise(id: string, device: string): void {
    const card = this.#cards.get(id);
    if (card === undefined || card.device === device) return;
    const old = this.cards.find((one) => one.id !== id && one.device === device && !one.connected);
    if (old !== undefined && !isWorking(old)) this.#cards.delete(old.id);
    const slot = old !== undefined && !isWorking(old) ? old.slot : card.slot;
    this.#cards.set(id, { ...card, device, slot });
  }

  remove(id: string): void {
    this.#cards.delete(id);
  }
}
