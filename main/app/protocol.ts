import { protocol, type Session } from "electron";
import { SECURITY_HEADERS, type ServedFile } from "./files.ts";

/** The windows' own scheme: no file system, no network behind it. */
export const SCHEME = "app";
export const ORIGIN = `${SCHEME}://sanaq`;
export const START_PAGE = `${ORIGIN}/index.html`;

/** Must run before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: SCHEME,
      privileges: { standard: true, secure: true, supportFetchAPI: false, corsEnabled: false },
    },
  ]);
}

/** What is served for a while under a name that cannot be guessed. */
const passing = new Map<string, ServedFile>();

/** Serves one more file until the function that comes back is called. `path`: from the origin on. */
export function serveFor(path: string, file: ServedFile): () => void {
  passing.set(path, file);
  return () => void passing.delete(path);
}

/** Serves the file map, and what is served for a while; answers 404 to everything else. */
export function serveFiles(session: Session, files: ReadonlyMap<string, ServedFile>): void {
  session.protocol.handle(SCHEME, (request) => {
    const url = new URL(request.url);
    const known = files.get(url.pathname) ?? passing.get(url.pathname);
    const file = url.host === "sanaq" && request.method === "GET" ? known : undefined;
    if (file === undefined) return new Response(null, { status: 404, headers: SECURITY_HEADERS });
    return new Response(file.bytes, { headers: { ...SECURITY_HEADERS, "content-type": file.type } });
  });
}
