import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Name } from "./all.ts";
import { ROOT } from "./program.ts";
import type { Row } from "./row.ts";
import type { Outcome } from "./table.ts";

/** Runs one torture in a process of its own, so that its memory and open files are its own too. */
export function runAlone(name: Name, seed: string, share: number): Promise<Outcome> {
  const began = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--expose-gc", join(import.meta.dirname, "one.ts"), name, seed, String(share)],
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
