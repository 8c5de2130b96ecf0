/** Every wait for a tablet, in milliseconds. Nothing waits longer, and nothing waits without a line here. */
export const WAITS = {
  /** A command or a data window is taken by the tablet. */
  send: 10_000,
  /** The first command is taken; a tablet that is in the middle of another talk does not take it. */
  hello: 5_000,
  /** Nothing more comes of another talk. */
  quiet: 1_000,
  /** The first bytes of an answer. Tablets scan their storage before the first listing. */
  answer: 30_000,
  /** More bytes of a data phase that has begun. */
  data: 15_000,
  /** The response after the last byte of a receipt: the tablet writes it to flash. */
  written: 30_000,
  /** Before a tablet that is busy is asked again. */
  busy: 500,
  /** CloseSession when all is done: politeness, not needed. */
  goodbye: 2_000,
} as const;
