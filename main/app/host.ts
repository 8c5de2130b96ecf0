import { basename } from "node:path";
import { type BrowserWindow, clipboard, dialog, safeStorage } from "electron";
import { FILE_KINDS, type FileKind, FOLDER_KINDS, type FolderKind } from "../engine/ports-desk.ts";
import { printPdf } from "./print.ts";
import type { HostCall } from "./wire.ts";

/** Dialogs, clipboard, paper and the system's key store, on behalf of the engine. */

const ENDINGS: Readonly<Record<FileKind, readonly string[]>> = {
  certificate: ["pem", "crt", "cer"],
  request: ["pem", "csr"],
  "area-names": ["csv"],
  batches: ["csv"],
  act: ["pdf"],
  "report-csv": ["csv"],
  "report-parquet": ["parquet"],
};

const isFileKind = (value: unknown): value is FileKind => FILE_KINDS.some((kind) => kind === value);
const isFolderKind = (value: unknown): value is FolderKind => FOLDER_KINDS.some((kind) => kind === value);

const chosen = (path: string | undefined) => (path === undefined ? null : { path, name: basename(path) });

/** Linux without a keyring seals with a password that everybody knows: that is no seal. */
function canSeal(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  return process.platform !== "linux" || safeStorage.getSelectedStorageBackend() !== "basic_text";
}

function unseal(sealed: Uint8Array): string | null {
  if (!canSeal()) return null;
  try {
    return safeStorage.decryptString(Buffer.from(sealed));
  } catch {
    // Sealed by another user or machine; safeStorage says it by throwing, and gives no other word for it.
    return null;
  }
}

async function chooseFile(window: BrowserWindow, kind: FileKind) {
  const { filePaths } = await dialog.showOpenDialog(window, {
    properties: ["openFile"],
    filters: [{ name: ENDINGS[kind].join(", "), extensions: [...ENDINGS[kind]] }],
  });
  return chosen(filePaths[0]);
}

async function saveFile(window: BrowserWindow, kind: FileKind, suggested: string) {
  const { filePath } = await dialog.showSaveDialog(window, {
    defaultPath: suggested,
    filters: [{ name: ENDINGS[kind].join(", "), extensions: [...ENDINGS[kind]] }],
    properties: ["showOverwriteConfirmation"],
  });
  return chosen(filePath === "" ? undefined : filePath);
}

async function chooseFolder(window: BrowserWindow) {
  const { filePaths } = await dialog.showOpenDialog(window, {
    properties: ["openDirectory", "createDirectory"],
  });
  return chosen(filePaths[0]);
}

/**
 * Does one thing that the engine asked for. Only dialogs want a window: an engine unseals the centre's address before there is one.
 * What it does not understand is a bug of ours, and thrown.
 */
export async function hostCall(
  windowNow: () => BrowserWindow | null,
  call: HostCall,
  args: readonly unknown[],
): Promise<unknown> {
  const [first, second] = args;
  if (call === "print" && first instanceof Uint8Array) return printPdf(new Uint8Array(first));
  if (call === "copy" && typeof first === "string") return clipboard.writeText(first);
  if (call === "seal" && typeof first === "string")
    return canSeal() ? new Uint8Array(safeStorage.encryptString(first)) : null;
  if (call === "unseal" && first instanceof Uint8Array) return unseal(first);
  const window = windowNow();
  if (window === null) throw new Error(`the engine asked for ${call} before there was a window`);
  if (call === "chooseFile" && isFileKind(first)) return chooseFile(window, first);
  if (call === "chooseFolder" && isFolderKind(first)) return chooseFolder(window);
  if (call === "saveFile" && isFileKind(first) && typeof second === "string")
    return saveFile(window, first, second);
  throw new Error(`the engine asked for ${call} in words of its own`);
}
