import type PDFDocument from "pdfkit";

/** Paper: A4 with a cursor that runs down it and turns the page. Lengths are points, 72 to the inch; black on white alone. */

export const PAGE = { width: 595.28, height: 841.89, side: 40, top: 40, bottom: 52 } as const;
export const INNER = PAGE.width - 2 * PAGE.side;
const RULE = 0.5;

export type Align = "left" | "right" | "center";

export interface TextStyle {
  readonly size: number;
  readonly bold?: boolean;
  readonly align?: Align;
  readonly grey?: boolean;
}

export interface Column {
  readonly width: number;
  readonly align?: Align;
  readonly bold?: boolean;
  /** One line of digits: set without the font's features, at a tenth of the time. */
  readonly plain?: boolean;
}

/** Every feature that the layout would look up of its own accord, off. */
const NO_FEATURES = Object.fromEntries(
  ["kern", "liga", "clig", "calt", "rlig", "mark", "mkmk", "ccmp", "locl", "frac", "numr", "dnom"].map(
    (name) => [name, false],
  ),
) as unknown as PDFKit.Mixins.OpenTypeFeatures[];

export class Sheet {
  readonly doc: typeof PDFDocument.prototype;
  /** Where the next thing begins, from the top of the page. */
  y: number = PAGE.top;
  /** Drawn again at the top of every new page, while a table goes on. */
  #header: (() => void) | null = null;
  readonly #heights = new Map<string, number>();

  constructor(doc: typeof PDFDocument.prototype) {
    this.doc = doc;
  }

  get left(): number {
    return PAGE.height - PAGE.bottom - this.y;
  }

  /** A new page where less than `height` is left of this one. */
  need(height: number): void {
    if (this.left >= height) return;
    this.doc.addPage();
    this.y = PAGE.top;
    this.#header?.();
  }

  skip(height: number): void {
    this.y += height;
  }

  #use({ size, bold = false, grey = false }: TextStyle): void {
    this.doc
      .font(bold ? "bold" : "regular")
      .fontSize(size)
      .fillColor(grey ? "#444444" : "#000000");
  }

  heightOf(text: string, width: number, style: TextStyle): number {
    const key = `${style.size} ${style.bold === true} ${width} ${text}`;
    const known = this.#heights.get(key);
    if (known !== undefined) return known;
    this.#use(style);
    const height = Number(this.doc.heightOfString(text, { width }));
    this.#heights.set(key, height);
    return height;
  }

  /** Text at a place; the cursor stays. */
  put(text: string, x: number, y: number, width: number, style: TextStyle): void {
    this.#use(style);
    this.doc.text(text, x, y, { width, align: style.align ?? "left" });
  }

  #putPlain(text: string, x: number, y: number, width: number, style: TextStyle): void {
    this.#use(style);
    const options = { features: NO_FEATURES, lineBreak: false };
    const room = width - this.doc.widthOfString(text, options);
    const before = style.align === "right" ? room : style.align === "center" ? room / 2 : 0;
    this.doc.text(text, x + before, y, options);
  }

  rule(y: number = this.y, width: number = RULE): void {
    this.line(PAGE.side, y, PAGE.side + INNER, y, width);
  }

  line(x1: number, y1: number, x2: number, y2: number, width: number = RULE): void {
    this.doc.lineWidth(width).strokeColor("#000000").moveTo(x1, y1).lineTo(x2, y2).stroke();
  }

  box(height: number, width = 1): void {
    this.doc.lineWidth(width).strokeColor("#000000").rect(PAGE.side, this.y, INNER, height).stroke();
  }

  /** The same in two languages, beside each other. */
  pair(kk: string, ru: string, style: TextStyle, gap = 16): void {
    const width = (INNER - gap) / 2;
    const height = Math.max(this.heightOf(kk, width, style), this.heightOf(ru, width, style));
    this.need(height);
    this.put(kk, PAGE.side, this.y, width, style);
    this.put(ru, PAGE.side + width + gap, this.y, width, style);
    this.skip(height);
  }

  /** A row of cells under a thin rule, as high as its highest cell. Cells have 3 points of air to each side. */
  row(cells: readonly string[], columns: readonly Column[], size: number, air = 2.2): void {
    const air2 = 2 * air;
    const inner = (column: Column) => column.width - 6;
    const style = ({ bold = false, align = "left" }: Column): TextStyle => ({ size, bold, align });
    const heights = columns.map((column, at) =>
      this.heightOf(column.plain ? "0" : (cells[at] ?? ""), inner(column), style(column)),
    );
    const height = Math.max(...heights) + air2;
    this.need(height);
    let x = PAGE.side;
    for (const [at, column] of columns.entries()) {
      const text = cells[at] ?? "";
      if (text !== "" && column.plain)
        this.#putPlain(text, x + 3, this.y + air, inner(column), style(column));
      else if (text !== "") this.put(text, x + 3, this.y + air, inner(column), style(column));
      x += column.width;
    }
    this.skip(height);
    this.rule();
  }

  /** Rows under a heading that stands again on every page. */
  table(heading: () => void, rows: () => void): void {
    heading();
    this.#header = heading;
    rows();
    this.#header = null;
  }
}
