/** Which paths in a bag may be touched at all, and which are merely odd. */

/** Names that Windows gives to devices, with or without an ending (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE_NAME = /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i;
/** Characters that Windows refuses in a name, and those that hide what a name is (Unicode, category C: control, bidirectional, unassigned). */
const ODD_CHARACTER = /["*<>?|\p{C}\p{Zl}\p{Zp}]/u;
/** What systems leave behind in folders that people look into. */
const SYSTEM_FILE = /^(\.ds_store|thumbs\.db|desktop\.ini|\._.*)$/i;
const MAX_PATH_LENGTH = 4_096;

const segments = (path: string): readonly string[] => path.split("/");

/**
 * Whether a path stays inside the bag on every system: relative, with slashes, no empty, `.` or `..` part, no backslash, no drive, no
 * home folder, no colon (a drive or another stream of a file on Windows), no NUL.
 */
export const isInside = (path: string): boolean =>
  path.length > 0 &&
  path.length <= MAX_PATH_LENGTH &&
  !/[\\:\0]/.test(path) &&
  !path.startsWith("~") &&
  segments(path).every((part) => part !== "" && part !== "." && part !== "..");

/** Whether some system would refuse, change or hide the name: control and bidirectional characters, device names, a dot or space at its end. */
export const isOdd = (path: string): boolean =>
  ODD_CHARACTER.test(path) ||
  segments(path).some((part) => DEVICE_NAME.test(part) || /[. ]$/.test(part) || part.length > 255);

export const isSystemFile = (path: string): boolean => SYSTEM_FILE.test(segments(path).at(-1) ?? "");

/** The same for paths that a file system without cases or with one normalization takes for one. */
export const sameNameKey = (path: string): string => path.normalize("NFC").toLowerCase();

/** Writes a path into a manifest: CR, LF and the percent sign as RFC 8493, section 2.1.3 asks, and nothing else. */
export const encodePath = (path: string): string =>
  path.replace(/[%\r\n]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

/** Reads a path out of a manifest of version 1.0 or later; null where a percent sign stands for nothing. */
export function decodePath(text: string): string | null {
  if (/%(?!0[AD]|25)/i.test(text)) return null;
  return text.replace(/%(0[AD]|25)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
