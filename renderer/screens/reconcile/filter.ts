import type { BatchFilter } from "../../../shared/ipc/views.ts";

/** Lets every batch through. */
export const NO_FILTER: BatchFilter = {
  area: null,
  device: null,
  verdict: null,
  reason: null,
  state: null,
  day: null,
  text: "",
};

export const isNarrowed = (filter: BatchFilter): boolean =>
  JSON.stringify(filter) !== JSON.stringify(NO_FILTER);
