import type { Session, WebContents } from "electron";
import { ORIGIN } from "./protocol.ts";

/** Chromium's PDF viewer, an extension that comes with it under this id; and what it is made of. */
const PDF_VIEWER = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/";
const VIEWER_FILES = [PDF_VIEWER, "chrome://resources/"] as const;

/** Windows that hold pages for the printer: they alone may load the viewer. */
const viewers = new WeakSet<WebContents>();

const mayLoad = ({ url, webContents }: Electron.OnBeforeRequestListenerDetails): boolean =>
  url.startsWith(`${ORIGIN}/`) ||
  url.startsWith("devtools://") ||
  (webContents !== undefined && viewers.has(webContents) && VIEWER_FILES.some((one) => url.startsWith(one)));

/** Refuses every permission and every device to the pages of a session: the engine speaks to USB, a page never. */
export function secureSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setUSBProtectedClassesHandler(() => []);
  // The three events have one shape in what matters here: prevent, and choose nothing.
  for (const event of ["select-usb-device", "select-hid-device", "select-serial-port"] as const)
    (session as { on(name: string, run: (event: Electron.Event, ...rest: unknown[]) => void): void }).on(
      event,
      (happening) => happening.preventDefault(),
    );
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !mayLoad(details) });
  });
  session.on("will-download", (event) => event.preventDefault());
}

/** Keeps a page where it is: no navigation, no second window, no webview, no frame. `viewsPdf`: but for that of the PDF viewer. */
export function secureContents(contents: WebContents, viewsPdf = false): void {
  if (viewsPdf) viewers.add(contents);
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  contents.on("will-navigate", (happening) => happening.preventDefault());
  contents.on("will-redirect", (happening) => happening.preventDefault());
  contents.on("will-frame-navigate", (happening) => {
    if (!viewsPdf || happening.isMainFrame || !happening.url.startsWith(PDF_VIEWER))
      happening.preventDefault();
  });
  contents.on("will-attach-webview", (event) => event.preventDefault());
}
