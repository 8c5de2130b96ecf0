/** The centre's answer to a staged batch, as it counts. */

/** The last line of the log whose answers no longer count, because the centre was seen to have forgotten since; -1: none. */
const DOUBTED_UP_TO =
  "(SELECT coalesce(max(CAST(value AS INTEGER)), -1) FROM facts WHERE name = 'centre-doubt')";

/** SQL over `batches`: 1 where the centre answered and may have forgotten it. It counts as not answered until the centre answers anew. */
export const IS_DOUBTED = `(centre IN ('accepted', 'already-there')
  AND coalesce(confirmed_line, answered_line, 0) <= ${DOUBTED_UP_TO})`;

/** SQL over `batches`: the answer that counts; NULL: none does. */
export const CENTRE = `CASE WHEN ${IS_DOUBTED} THEN NULL ELSE centre END`;

/** SQL over `batches`: 1 where an acknowledgement is held that was fetched from the centre, and the centre was not seen to have forgotten it. */
export const ACKED = `(acked = 1 AND NOT ${IS_DOUBTED})`;
