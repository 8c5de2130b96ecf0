import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Name } from "./all.ts";
import { ROOT } from "./program.ts";
import type { Row } from "./row.ts";
import type { Outcome } from "./table.ts";

/** What a reader needs is asked, not what V8 takes where there is plenty: here it collects before it grows, and a reader that needs more ends the run. */
const FLAGS: Partial<Record<Name, readonly string[]>> = { fuzz: ["--max-old-space-size=96"] };

/** Runs one torture in a process of its own, so that its memory and open files are its own too. */
export function runAlone(name: Name, seed: string, share: number): Promise<Outcome> {
  const began = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--expose-gc", ...(FLAGS[name] ?? []), join(import.meta.dirname, "one.ts"), name, seed, String(share)],
      { cwd: ROOT, stdio: ["ignore", "inherit", "inherit", "ipc"] },
    );
    let rows: readonly Row[] | null = null;
    child.on("message", (message) => {
      rows = message as readonly Row[];
    });
    child.on("error", reject);
    child.on("close", (exit) => {
      if (rows === null) reject(new Error(`${name} ended with ${exit} and without a result`));
      else resolve({ name, seed, share, rows, seconds: (Date.now() - began) / 1000 });
    });
  });
}
