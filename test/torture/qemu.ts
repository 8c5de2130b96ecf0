import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** One emulated computer: starts, says lines on its serial line, is kept as it stands, and is killed as if its plug were pulled. */

const MEMORY_MEGABYTES = 640;

export interface Machine {
  readonly kernel: string;
  readonly initrd: string;
  /** Raw images; the first is only read. */
  readonly disks: readonly [string, string, string];
}

export class Guest {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #control: string;
  #ended = false;

  /** Starts it from the beginning, or, with `kept`, from what `keep` wrote. `control`: a socket that QEMU makes. */
  constructor(machine: Machine, control: string, kept: string | null = null) {
    this.#control = control;
    const disks = machine.disks.flatMap((path, at) => [
      "-drive",
      `file=${path},format=raw,if=virtio,index=${at}${at === 0 ? ",readonly=on" : ""}`,
    ]);
    this.#process = spawn(
      "qemu-system-x86_64",
      [
        ..."-accel tcg,thread=multi -M q35 -cpu Nehalem,+rdrand -smp 2 -nodefaults -no-user-config -display none -no-reboot".split(
          " ",
        ),
        ...[
          "-m",
          String(MEMORY_MEGABYTES),
          "-serial",
          "stdio",
          "-kernel",
          machine.kernel,
          "-initrd",
          machine.initrd,
        ],
        "-append",
        "console=ttyS0 quiet loglevel=0 panic=-1 mitigations=off nokaslr random.trust_cpu=on cryptomgr.notests apparmor=0 audit=0 tsc=reliable no_timer_check rdinit=/guest-init",
        ...disks,
        "-qmp",
        `unix:${control},server=on,wait=off`,
        ...(kept === null ? [] : ["-incoming", `exec:cat ${kept}`]),
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    this.#process.once("exit", () => {
      this.#ended = true;
    });
    if (this.#process.stdout === null) throw new Error("no serial line");
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** The next line it says; null: it has ended. Throws after `limitMs`. */
  async line(limitMs: number): Promise<string | null> {
    let late: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new Error(`the guest says nothing for ${limitMs} ms`)), limitMs);
    });
    try {
      const next = await Promise.race([this.#lines.next(), limit]);
      return next.done === true ? null : next.value;
    } finally {
      clearTimeout(late);
    }
  }

  /** Pulls the plug. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }

  /** Lets a machine that was kept go on, once its memory is there: what is said to it before is lost. */
  async goesOn(): Promise<void> {
    const control = await Control.open(this.#control);
    while ((await control.ask("query-status")).status === "inmigrate") await sleep(20);
    await control.ask("cont");
    control.close();
  }

  /** Halts it, writes its memory and devices to `file`, and ends it. Its disks then stand as the file expects them. */
  async keep(file: string): Promise<void> {
    const control = await Control.open(this.#control);
    await control.ask("stop");
    await control.ask("migrate", { uri: `exec:cat > ${file}` });
    for (;;) {
      const { status } = await control.ask("query-migrate");
      if (status === "completed") break;
      if (status === "failed") throw new Error("the guest cannot be kept");
      await sleep(20);
    }
    const exit = once(this.#process, "exit");
    await control.ask("quit");
    await exit;
    control.close();
  }
}

/** QEMU's own control channel (QMP). */
class Control {
  readonly #socket: Socket;
  readonly #answers: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#answers = createInterface(socket)[Symbol.asyncIterator]();
  }

  /** QEMU makes the socket soon after its start. */
  static async open(path: string): Promise<Control> {
    for (let tries = 0; ; tries++) {
      const socket = createConnection(path);
      try {
        await once(socket, "connect");
        const control = new Control(socket);
        await control.ask("qmp_capabilities");
        return control;
      } catch (error) {
        socket.destroy();
        if (tries === 500) throw error;
        await sleep(20);
      }
    }
  }

  async ask(execute: string, args: object = {}): Promise<Readonly<Record<string, unknown>>> {
    this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
    for (;;) {
      const next = await this.#answers.next();
      if (next.done === true) throw new Error(`QEMU ended at ${execute}`);
      const answer = JSON.parse(next.value) as {
        readonly return?: Record<string, unknown>;
        readonly error?: unknown;
      };
      if (answer.error !== undefined) throw new Error(JSON.stringify(answer.error));
      if (answer.return !== undefined) return answer.return;
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
