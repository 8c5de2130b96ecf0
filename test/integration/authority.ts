import { spawnSync } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import sodium from "libsodium-wrappers-sumo";
import { INTERACTIVE } from "../../main/adapters/keys/sealed.ts";
import { run } from "../../main/authority/program.ts";
import { requestPem } from "../../main/formats/request.ts";

/** The authority's program on streams and a clock of the test. Keys are sealed at interactive limits, which no command offers. */

export const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
export const OBLAST = "270000000";
export const OTHER_OBLAST = "350000000";
/** Two recipients of age whose identities nobody kept. */
export const CENTRAL = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
export const SCHEMA = "5c".repeat(32);
export const ARC = "1.3.6.1.4.1.32473.2021";

/** A moment within the campaign of these tests. */
export const NOW = new Date("2026-12-01T09:00:00Z");
export const DAY_MS = 86_400_000;

export const ANSWERS = {
  id: "kz-trial",
  name: { kk: "Сынақ санағы", ru: "Пробная перепись", en: "Rehearsal census" },
  from: "2026-11-01T00:00:00+05:00",
  to: "2027-02-08T23:59:59+05:00",
  oblasts: [OBLAST, OTHER_OBLAST],
  central: [CENTRAL],
  forms: ["1-person"],
  schemas: [SCHEMA],
};

export interface Ran<T = Record<string, unknown>> {
  readonly exit: number;
  /** Standard output; parsed where it is JSON. */
  readonly out: string;
  readonly json: T;
  readonly err: string;
}

export interface RunOptions {
  readonly now?: Date;
  /** null: no passphrase is given. */
  readonly passphrases?: string | null;
  readonly env?: Readonly<Record<string, string>>;
  readonly text?: boolean;
}

function collected(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return { stream, text: () => Buffer.concat(parts).toString("utf8") };
}

/** A folder of its own for an authority, which goes with it. */
export class Bench {
  readonly top: string;

  private constructor(top: string) {
    this.top = top;
  }

  static async open(): Promise<Bench> {
    return new Bench(await mkdtemp(join(tmpdir(), "sanaq-authority-")));
  }

  /** The same campaign, whatever is done to this one. */
  async copy(): Promise<Bench> {
    const other = await Bench.open();
    await cp(this.dir, other.dir, { recursive: true });
    return other;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.top, { recursive: true, force: true });
  }

  path(...names: readonly string[]): string {
    return join(this.top, ...names);
  }

  get dir(): string {
    return this.path("authority");
  }

  async put(name: string, content: string | Uint8Array, mode = 0o600): Promise<string> {
    await writeFile(this.path(name), content, { mode });
    return this.path(name);
  }

  /** Runs one command. */
  async run<T = Record<string, unknown>>(args: readonly string[], options: RunOptions = {}): Promise<Ran<T>> {
    const { now = NOW, passphrases = "one passphrase for all of them\n", env = {}, text = false } = options;
    const out = collected();
    const err = collected();
    const file =
      passphrases === null ? [] : ["--passphrase-file", await this.put("passphrases", passphrases)];
    const exit = await run({
      args: ["--dir", this.dir, ...file, ...(text ? [] : ["--json"]), ...args],
      env: { SANAQ_LANG: "en", ...env },
      stdin: new PassThrough(),
      stdout: out.stream,
      stderr: err.stream,
      onInterrupt: () => () => {},
      limits: INTERACTIVE,
      clock: () => now,
    });
    const written = out.text();
    return {
      exit,
      out: written,
      json: (text || written === "" ? {} : JSON.parse(written)) as T,
      err: err.text(),
    };
  }

  /** Founds the campaign of these tests, with other answers where given. */
  async found(answers: Readonly<Record<string, unknown>> = {}, options: RunOptions = {}): Promise<Ran> {
    const file = await this.put("answers.json", JSON.stringify({ ...ANSWERS, ...answers }));
    return this.run(["new", "--answers", file], options);
  }

  openssl(...args: readonly string[]): { readonly status: number | null; readonly text: string } {
    const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8", cwd: this.top });
    return { status, text: stdout + stderr };
  }
}

/** A key whose holder asks for a certificate. */
export function requester(
  id: string,
  oblast?: string,
): { readonly id: string; readonly request: string; readonly key: string } {
  const pair = sodium.crypto_sign_seed_keypair(sodium.randombytes_buf(32));
  const subject = { commonName: "Somebody", id, ...(oblast === undefined ? {} : { oblast }) };
  return {
    id,
    key: Buffer.from(pair.publicKey).toString("hex"),
    request: requestPem(subject, pair.publicKey, (message) =>
      sodium.crypto_sign_detached(message, pair.privateKey),
    ),
  };
}

/** An id that no two calls give. */
export const newId = (): string => Buffer.from(sodium.randombytes_buf(16)).toString("hex");
