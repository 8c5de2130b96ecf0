import qrcode from "qrcode-generator";

/** A run of dark modules of one row: column, row, width, in modules. */
export interface Run {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** The QR code of an upper-case text (ISO/IEC 18004, alphanumeric mode, level M). `size`: modules a side, without the quiet zone. */
export function qrOf(text: string): { readonly size: number; readonly runs: readonly Run[] } {
  const qr = qrcode(0, "M");
  qr.addData(text, "Alphanumeric");
  qr.make();
  const size = qr.getModuleCount();
  const runs: Run[] = [];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; ) {
      let width = 0;
      while (x + width < size && qr.isDark(y, x + width)) width++;
      if (width > 0) runs.push({ x, y, width });
      x += Math.max(1, width);
    }
  return { size, runs };
}
