/**
 * The shipped engine's process under plain Node: Electron's line to the parent is Node's own here, and nothing else differs. The lab's
 * emulated computer has no Electron.
 */
if (process.send === undefined) throw new Error("nobody is at the other end");
const send = process.send.bind(process);
Object.assign(process, {
  parentPort: {
    postMessage: (message: unknown) => send(message),
    on: (_event: "message", take: (event: { readonly data: unknown }) => void) =>
      process.on("message", (data) => take({ data })),
  },
});
await import("../../main/app/engine-host.ts");
