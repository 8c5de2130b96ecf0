import { type IpcMainInvokeEvent, ipcMain, type WebContents } from "electron";
import { type Answer, CONTRACT, type Desk, isMethod, type Method } from "../../shared/ipc/contract.ts";
import { CALL_CHANNEL, SNAPSHOT_CHANNEL } from "./channels.ts";
import { ORIGIN } from "./protocol.ts";

const refusal = (type: "bad-request"): Answer<Method> => ({ ok: false, error: { type, values: {} } });

/** Whether a call comes from the top frame of our own page. */
export function isOurs(event: IpcMainInvokeEvent, contents: WebContents): boolean {
  const frame = event.senderFrame;
  return (
    event.sender === contents &&
    frame !== null &&
    frame === contents.mainFrame &&
    frame.url.startsWith(`${ORIGIN}/`)
  );
}

/**
 * The one way in: checks the sender, the method's name and its input, hands over, and checks the output. A stranger gets nothing
 * but a refusal.
 */
export function answerCalls(contents: WebContents, desk: Desk): () => void {
  ipcMain.handle(CALL_CHANNEL, async (event, method: unknown, input: unknown): Promise<Answer<Method>> => {
    if (!isOurs(event, contents) || !isMethod(method)) return refusal("bad-request");
    const parsed = CONTRACT[method].input.safeParse(input);
    if (!parsed.success) return refusal("bad-request");
    const answer = await desk.call(method, parsed.data as never);
    if (!answer.ok) return answer;
    return { ok: true, value: CONTRACT[method].output.parse(answer.value) as never };
  });
  const stop = desk.subscribe((snapshot) => {
    if (!contents.isDestroyed()) contents.send(SNAPSHOT_CHANNEL, snapshot);
  });
  return () => {
    stop();
    ipcMain.removeHandler(CALL_CHANNEL);
  };
}
