import type { BatchPage } from "../../shared/ipc/views.ts";
import { stampOf } from "../../shared/time.ts";
import type { Engine } from "../engine/api.ts";

/** Other stations, and bags, shown on a batch's page at most. */
const MOST = 20;

/** Who carried a batch here and who has it from here, one line a station: what a station answered itself goes before what others say of it. */
export function travelsOf({
  carriedBy,
  bags,
  answers,
  elsewhere,
}: ReturnType<Engine["travels"]>): BatchPage["travels"] {
  const answered = answers.map(({ station, status, reason, at }) => ({
    ...{ station, status, reason: reason === "" ? null : reason, at: stampOf(at) },
  }));
  const told = elsewhere
    .filter((one) => !answers.some(({ station }) => station === one.station))
    .map(({ station, status }) => ({ station, status, reason: null, at: null }));
  return {
    carriedBy,
    bags: bags.slice(-MOST).map(({ no, finishedAt }) => ({ no, at: stampOf(finishedAt) })),
    stations: [...answered, ...told].slice(0, MOST),
  };
}
