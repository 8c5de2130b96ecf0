import { readFile } from "node:fs/promises";

/** Noto Sans (SIL Open Font License), which has every Kazakh letter. A built program has it beside itself, a checkout in its packages. */
const NAMES = {
  regular: ["NotoSans-Regular.ttf", "@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf"],
  bold: ["NotoSans-Bold.ttf", "@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf"],
} as const;

export interface Fonts {
  readonly regular: Buffer;
  readonly bold: Buffer;
}

async function load([built, packaged]: readonly [string, string]): Promise<Buffer> {
  try {
    return await readFile(new URL(`./fonts/${built}`, import.meta.url));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return readFile(new URL(import.meta.resolve(packaged)));
  }
}

export const loadFonts = async (): Promise<Fonts> => ({
  regular: await load(NAMES.regular),
  bold: await load(NAMES.bold),
});
