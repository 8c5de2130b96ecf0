/** The two channels between a window and its host. */
export const CALL_CHANNEL = "sanaq:call";
export const SNAPSHOT_CHANNEL = "sanaq:snapshot";
