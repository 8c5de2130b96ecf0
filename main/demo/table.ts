import { setTimeout } from "node:timers/promises";
import { SimulatedCable } from "../../fixtures/tablet/cable.ts";
import { DiskFolder } from "../../fixtures/tablet/objects.ts";
import { SimulatedTablet } from "../../fixtures/tablet/tablet.ts";
import type { ComposedDesk } from "../compose.ts";
import { ROLES, storageOf } from "./roles.ts";

/** What happens at the table while somebody looks at the windows. */

/** Slow enough to be watched. */
const BYTES_PER_SECOND = 3_000_000;
/** Between one plugging in and the next, in milliseconds. */
const PAUSE_MS = 4_000;

export interface DemoTable {
  readonly cable: SimulatedCable;
  /** Begins once somebody has signed in at the desk: the tablets come one after the other, one is pulled out and comes back. */
  attend(desk: ComposedDesk["desk"]): void;
}

/** The table with the tablets laid out in `folder`; the cable of the one is pulled after `pullAfter` bytes of bodies. */
export function demoTable(folder: string, pullAfter: number): DemoTable {
  const cable = new SimulatedCable();

  async function play(): Promise<void> {
    for (const role of ROLES) {
      const storage = new DiskFolder(storageOf(folder, role));
      const tablet = new SimulatedTablet(storage, {
        serial: "R52N80DEMO",
        bytesPerSecond: BYTES_PER_SECOND,
      });
      if (role === "pulled") {
        tablet.after({ body: pullAfter }, "unplug");
        const forget = tablet.onPulled(() => {
          forget();
          void setTimeout(PAUSE_MS).then(() => cable.plug(tablet));
        });
      }
      cable.plug(tablet);
      await setTimeout(PAUSE_MS);
    }
  }

  return {
    cable,
    attend(desk) {
      let begun = false;
      desk.subscribe(({ session }) => {
        if (begun || session.state !== "open") return;
        begun = true;
        void play();
      });
    },
  };
}
