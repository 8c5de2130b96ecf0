import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { openStation } from "../integration/station.ts";
import { bundleFor, root, usbLab } from "../usb/bundle.ts";
import type { Ratio } from "./ratio.ts";
import { tabletOf, workshop } from "./workshop.ts";

/**
 * Unloading from a tablet on a real USB stack, in one boot of the USB lab that lies beside the project: verified and durable, beside tools of
 * Debian that only copy. The lab's computer is emulated: only the ratios mean anything. Where there is no lab, nothing is measured.
 */

const run = promisify(execFile);
const MIB = 1_048_576;
const LARGE = 64 * MIB;
const MANY = 200;
const MANY_BYTES = 200 * 1_024;

/** Packages that the tools need beyond what the lab's guest has. */
const PACKAGES = [
  ...["gphoto2", "libgphoto2-6", "libgphoto2-port12", "libexif12", "libpopt0", "libltdl7", "libreadline8"],
  ...["libcdk5nc6", "libncursesw6", "libncurses6", "libaa1", "libjpeg62-turbo", "libxml2", "libgd3"],
  ...["libicu72", "libslang2", "libgpm2", "libx11-6", "libxcb1", "libxau6", "libxdmcp6", "libbsd0", "libmd0"],
  "android-file-transfer",
];

/** The tools, unpacked into a folder; nothing is installed on this machine. */
async function fetchTools(into: string): Promise<void> {
  const debs = `${into}-debs`;
  await mkdir(debs, { recursive: true });
  await mkdir(into, { recursive: true });
  await run("apt-get", ["download", "-q", ...PACKAGES], { cwd: debs });
  for (const deb of await readdir(debs)) await run("dpkg-deb", ["-x", join(debs, deb), into]);
  await rm(debs, { recursive: true });
  await rm(join(into, "usr/share"), { recursive: true });
}

export async function usb(): Promise<readonly Ratio[]> {
  if (!existsSync(usbLab)) return [];
  await using shop = await workshop();
  const { top } = shop;
  await run(usbLab, ["up-check"]);
  await fetchTools(join(top, "tools"));
  (await openStation(join(top, "store"), shop.campaignFolder)).close();
  for (const [name, count, bytes] of [
    ["large", 1, LARGE],
    ["many", MANY, MANY_BYTES],
  ] as const) {
    const outbox = join(top, name, "Sanaq/outbox");
    await mkdir(outbox, { recursive: true });
    await (await tabletOf(shop.campaign, name, count, bytes)).write(outbox);
  }
  const program = await bundleFor("test/bench/in-lab.ts");
  const libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map((one) =>
    join(top, "tools", one),
  );
  const plugins = async (kind: string) => {
    const folder = join(top, "tools/usr/lib/x86_64-linux-gnu", kind);
    return join(folder, (await readdir(folder))[0] ?? "");
  };
  const { stdout } = await run(
    usbLab,
    [
      ...["run", "--timeout", "900", "--mount", root, "--mount", top],
      ...["--env", `SANAQ_LAB=${top}`, "--env", `LD_LIBRARY_PATH=${libraries.join(":")}`],
      ...[
        "--env",
        `CAMLIBS=${await plugins("libgphoto2")}`,
        "--env",
        `IOLIBS=${await plugins("libgphoto2_port")}`,
      ],
      ...["--device", "gadget-mtp,unplugged", "--tablet", join(top, "large")],
      // With umtprd the other tools come to no end: it stops answering when it is asked for the objects of all storages.
      ...["--device", "qemu-mtp,unplugged", "--tablet", join(top, "many")],
      ...["--", "node", program],
    ],
    { cwd: root, maxBuffer: 1 << 24 },
  );
  const line = stdout.split("\n").find((one) => one.startsWith("RESULT "));
  if (line === undefined) throw new Error(stdout);
  const { large, many } = JSON.parse(line.slice("RESULT ".length)) as {
    readonly large: { readonly ours: number; readonly theirs: number };
    readonly many: { readonly ours: number; readonly theirs: Readonly<Record<string, number>> };
  };
  const [fastest = "", time = Number.NaN] =
    Object.entries(many.theirs).sort(([, a], [, b]) => a - b)[0] ?? [];
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
  return [
    {
      what: "a tablet with one batch of 64 MiB, unloaded (emulated)",
      ours: seconds(large.ours),
      beside: `mtp-getfile, ${seconds(large.theirs)}`,
      ratio: large.ours / large.theirs,
      aim: "at most 0.7",
    },
    {
      what: `a tablet with ${MANY} batches of 200 KiB, unloaded (emulated)`,
      ours: seconds(many.ours),
      beside: `${fastest} in one session, ${seconds(time)}`,
      ratio: many.ours / time,
      aim: "at most 1.0",
    },
  ];
}
