import { describe, expect, it } from "vitest";
import { Table } from "../../main/desk/table.ts";
import type { Card } from "../../shared/ipc/views.ts";

/** Where cards lie on the table. Somebody looks at it from a metre away: nothing jumps. */

let tick = 0;
const now = () => `2021-10-12T09:00:${String(tick++).padStart(2, "0")}+05:00`;
const device = (name: string) => name.padStart(32, "0");

function table() {
  const cards = new Table();
  let pluggings = 0;
  const plug = (source = "usb:1"): string => {
    const id = `plug-${++pluggings}`;
    cards.lay({ id, source, product: "T8" }, now());
    return id;
  };
  const is = (id: string, part: Partial<Card>) => cards.change(id, part, now());
  const lie = () => cards.cards.map((card) => `${card.slot} ${card.id} ${card.state}`);
  return { cards, plug, is, lie };
}

describe("cards on the table", () => {
  it("take the places in order, and keep them", () => {
    const { plug, is, lie } = table();
    const [a, b, c] = [plug(), plug(), plug()];
    is(b, { state: "pulling" });
    is(a, { state: "safe" });
    expect(lie()).toEqual([`0 ${a} safe`, `1 ${b} pulling`, `2 ${c} found`]);
  });

  it("that are safe and gone give their place to the next tablet, the longest gone first", () => {
    const { plug, is, lie } = table();
    const [a, b, c] = [plug(), plug(), plug()];
    is(b, { state: "safe" });
    is(a, { state: "safe" });
    is(a, { connected: false });
    is(b, { connected: false });
    const d = plug();
    expect(lie()).toEqual([`0 ${a} safe`, `1 ${d} found`, `2 ${c} found`]);
  });

  it("that are safe but still on the cable stay", () => {
    const { plug, is, lie } = table();
    const a = plug();
    is(a, { state: "safe" });
    const b = plug();
    expect(lie()).toEqual([`0 ${a} safe`, `1 ${b} found`]);
  });

  it("that were interrupted or need a person are never replaced", () => {
    const { plug, is, lie } = table();
    const [a, b] = [plug(), plug()];
    is(a, { state: "interrupted", connected: false, device: device("a") });
    is(b, { state: "needs-person", connected: false, device: device("b") });
    const c = plug();
    expect(lie()).toEqual([`0 ${a} interrupted`, `1 ${b} needs-person`, `2 ${c} found`]);
  });

  it("come back to their place when the same tablet is plugged in again", () => {
    const { cards, plug, is, lie } = table();
    const [a, b] = [plug(), plug()];
    is(a, { state: "interrupted", connected: false, device: device("a") });
    const again = plug();
    cards.recognise(again, device("a"));
    expect(lie()).toEqual([`0 ${again} found`, `1 ${b} found`]);
  });

  it("are not mixed up where two tablets have one serial number", () => {
    const { cards, plug, is, lie } = table();
    const a = plug("usb:SAME");
    is(a, { state: "interrupted", connected: false, device: device("a") });
    const b = plug("usb:SAME");
    cards.recognise(b, device("b"));
    is(b, { state: "pulling" });
    expect(lie()).toEqual([`0 ${a} interrupted`, `1 ${b} pulling`]);
  });

  it("of a tablet that is in twice, as a folder and on the cable, stay two while both are at work", () => {
    const { cards, plug, is, lie } = table();
    const a = plug();
    cards.recognise(a, device("a"));
    is(a, { state: "pulling" });
    const b = plug();
    cards.recognise(b, device("a"));
    expect(lie()).toEqual([`0 ${a} pulling`, `1 ${b} found`]);
  });

  it("that were pulled out before they had a name make room for the next device at the port", () => {
    const { plug, is, lie } = table();
    const a = plug("usb:1");
    is(a, { state: "interrupted", connected: false });
    const b = plug("usb:2");
    const c = plug("usb:1");
    expect(lie()).toEqual([`0 ${c} found`, `1 ${b} found`]);
  });

  it("fill the gap where one was put aside", () => {
    const { cards, plug, lie } = table();
    const [a, b, c] = [plug(), plug(), plug()];
    cards.remove(b);
    const d = plug();
    expect(lie()).toEqual([`0 ${a} found`, `1 ${d} found`, `2 ${c} found`]);
  });

  it("say since when they are what they are", () => {
    const { cards, plug, is } = table();
    const a = plug();
    const since = cards.find(a)?.since;
    is(a, { batchesDone: 1 });
    expect(cards.find(a)?.since).toBe(since);
    is(a, { state: "pulling" });
    expect(cards.find(a)?.since).not.toBe(since);
  });

  it("are never more than the windows take", () => {
    const { cards, plug } = table();
    for (let at = 0; at < 80; at++) plug();
    expect(cards.cards).toHaveLength(64);
  });
});
