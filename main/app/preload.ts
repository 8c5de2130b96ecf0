import { contextBridge, ipcRenderer } from "electron";
import { METHODS } from "../../shared/ipc/methods.ts";
import type { Snapshot } from "../../shared/ipc/views.ts";
import { CALL_CHANNEL, SNAPSHOT_CHANNEL } from "./channels.ts";

/** All that a page gets: one function a method, by name, and the snapshots. No channel, no event, no Electron. */
const methods = Object.fromEntries(
  METHODS.map((method) => [method, (input: unknown) => ipcRenderer.invoke(CALL_CHANNEL, method, input)]),
);

contextBridge.exposeInMainWorld("sanaq", {
  ...methods,
  onSnapshot: (take: (snapshot: Snapshot) => void): (() => void) => {
    const listen = (_event: unknown, snapshot: Snapshot) => take(snapshot);
    ipcRenderer.on(SNAPSHOT_CHANNEL, listen);
    void ipcRenderer
      .invoke(CALL_CHANNEL, "snapshot", null)
      .then((answer: { ok: boolean; value: Snapshot }) => {
        if (answer.ok) take(answer.value);
      });
    return () => ipcRenderer.removeListener(SNAPSHOT_CHANNEL, listen);
  },
});
