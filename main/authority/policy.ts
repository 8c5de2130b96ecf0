/** How long certificates and lists are valid. All in seconds. */

export const DAY = 86_400;
/** A certificate is valid from this long before it is made: clocks of stations and tablets may be behind. */
export const BACKDATED = DAY;
/** Past the campaign's end. */
export const LEAF_AFTER = 90 * DAY;
export const ISSUER_AFTER = 180 * DAY;
export const ROOT_AFTER = 730 * DAY;
/** A list's thisUpdate lies this long before it is made, for the same clocks. */
export const LIST_BACKDATED = 600;
/** Lists of issuers are in force this long and are renewed weekly, so there is a week of overlap. */
export const ISSUER_LIST = 14 * DAY;
/** Lists of root and intermediate are in force this long past the campaign's end: the root stays in its safe. */
export const ROOT_LIST_AFTER = 30 * DAY;
/** A list that ends sooner than this needs a person. */
export const LIST_WARNING = 3 * DAY;
/** The centre's issuer stands for no oblast; its ST is the capital's code. */
export const CENTRE_OBLAST = "710000000";
/** Lines of the log that become durable together. */
export const LINES_AT_ONCE = 64;
/** Stations of before could not read a longer list; a longer one has to be asked for. */
export const LONGEST_LIST = 2_400;
