/** Throws at one input in 2^16, and shows by the code it runs through how much of it is right. */
export function maze(input: Uint8Array): void {
  const half = (at: number) => (input[at] ?? 0) >> 4;
  if (half(0) !== 0x7) return;
  if (half(1) !== 0x6) return;
  if (half(2) !== 0xe) return;
  if (half(3) !== 0x1) return;
  throw new Error("the end of the maze");
}
