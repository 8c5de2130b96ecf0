import { styleText } from "node:util";
import type { Output } from "../../hosting/output.ts";

/** Signs before a line. Each differs by its shape; colour only adds to it. */
const SIGNS = { done: ["✓", "green"], person: ["⚠", "yellow"], failed: ["✕", "red"] } as const;

/** A sign as the stream can show it: coloured on a terminal that wants colours (NO_COLOR is honoured). */
export function sign(kind: keyof typeof SIGNS, out: Output): string {
  const [shape, colour] = SIGNS[kind];
  return styleText(colour, shape, { stream: out.stream });
}

/** A heading as the stream can show it. */
export const heading = (text: string, out: Output): string => styleText("bold", text, { stream: out.stream });
