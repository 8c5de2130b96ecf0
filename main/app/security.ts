import type { Session, WebContents } from "electron";
import { ORIGIN } from "./protocol.ts";

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
    answer({ cancel: !details.url.startsWith(`${ORIGIN}/`) && !details.url.startsWith("devtools://") });
  });
  session.on("will-download", (event) => event.preventDefault());
}

/** Keeps a page where it is: no navigation, no second window, no webview, no frame. */
export function secureContents(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: "deny" }));
  for (const event of ["will-navigate", "will-frame-navigate", "will-redirect"] as const)
    (contents as { on(name: string, run: (event: Electron.Event) => void): void }).on(event, (happening) =>
      happening.preventDefault(),
    );
  contents.on("will-attach-webview", (event) => event.preventDefault());
}
