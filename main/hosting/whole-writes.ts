import { fstatSync, writeSync } from "node:fs";
import { Writable } from "node:stream";
import type { Stream } from "./output.ts";

/**
 * Standard output as a stream that writes all of it or fails. Where it is a file Node writes once and does not look at how much the disk took: a
 * disk that is full in the middle of a piece would cut it off unseen.
 */
export function wholeWrites(stream: Stream & { readonly fd: number }): Stream {
  const { fd } = stream;
  const { isFile, isDevice } = kindOf(fd);
  if (stream.isTTY === true || !(isFile || isDevice)) return stream;
  return new Writable({
    write(piece: Buffer, _, done) {
      try {
        for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
}

function kindOf(fd: number): { readonly isFile: boolean; readonly isDevice: boolean } {
  try {
    const found = fstatSync(fd);
    return { isFile: found.isFile(), isDevice: found.isCharacterDevice() };
  } catch {
    return { isFile: false, isDevice: false };
  }
}
