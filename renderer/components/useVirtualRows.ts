import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Browsers stop laying out far below this many pixels of height; taller lists are scrolled in proportion. */
const MAX_TRACK_PIXELS = 8_000_000;
const PAGE = 100;
const HELD_PAGES = 40;
const OVERSCAN = 6;

export interface LoadedPage<Row> {
  readonly total: number;
  readonly rows: readonly Row[];
}

interface VirtualRows<Row> {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly total: number | null;
  /** Height of the scroll track in pixels. */
  readonly track: number;
  /** Index of the row at the top edge, with its fraction. */
  readonly top: number;
  readonly first: number;
  readonly last: number;
  readonly rowAt: (index: number) => Row | null;
  readonly reveal: (index: number) => void;
  readonly pageRows: number;
}

/**
 * Rows of a list too long to hold. Only pages near the view are asked for and kept; the rest of the list is a length. `key` names
 * the list: another key begins at its top, and the rows of the old one stay in sight until the first new ones are here.
 */
export function useVirtualRows<Row>(
  key: string,
  load: (offset: number, limit: number) => Promise<LoadedPage<Row> | null>,
  rowHeight: number,
  headHeight: number,
): VirtualRows<Row> {
  const scroller = useRef<HTMLDivElement | null>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [held, setHeld] = useState<{
    key: string;
    total: number | null;
    pages: ReadonlyMap<number, readonly Row[]>;
  }>({
    key,
    total: null,
    pages: new Map(),
  });
  const ours = useRef(0);
  const asked = useRef(new Set<string>());
  const loader = useRef(load);
  loader.current = load;

  const total = held.total ?? 0;
  const full = total * rowHeight;
  const track = Math.min(full, MAX_TRACK_PIXELS);
  const travel = Math.max(0, full - view.height);
  const ratio = track > view.height ? travel / (track - view.height) : 1;
  const pageRows = Math.max(1, Math.floor(view.height / rowHeight));

  const moveTo = useCallback(
    (top: number) => {
      const element = scroller.current;
      if (element === null) return;
      const bound = Math.max(0, Math.min(top, travel / rowHeight));
      element.scrollTop = (bound * rowHeight) / ratio;
      ours.current = element.scrollTop;
      setView((old) => (old.top === bound ? old : { ...old, top: bound }));
    },
    [ratio, rowHeight, travel],
  );

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = () => {
      if (element.clientHeight === 0) return;
      // A list that was out of sight comes back where it was.
      if (Math.abs(element.scrollTop - ours.current) >= 1) element.scrollTop = ours.current;
      const height = Math.max(rowHeight, element.clientHeight - headHeight);
      setView((old) => (old.height === height ? old : { ...old, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [rowHeight, headHeight]);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onScroll = () => {
      if (Math.abs(element.scrollTop - ours.current) < 1) return;
      ours.current = element.scrollTop;
      setView((old) => ({ ...old, top: (element.scrollTop * ratio) / rowHeight }));
    };
    // A proportional track would jump many rows at every notch of the wheel: there the wheel moves rows itself.
    const onWheel = (event: WheelEvent) => {
      if (ratio === 1 || event.ctrlKey || event.deltaY === 0) return;
      event.preventDefault();
      const pixels = event.deltaMode === 1 ? event.deltaY * rowHeight : event.deltaY;
      setView((old) => {
        const top = Math.max(0, Math.min(old.top + pixels / rowHeight, travel / rowHeight));
        element.scrollTop = (top * rowHeight) / ratio;
        ours.current = element.scrollTop;
        return { ...old, top };
      });
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      element.removeEventListener("scroll", onScroll);
      element.removeEventListener("wheel", onWheel);
    };
  }, [ratio, rowHeight, travel]);

  const fresh = held.key === key;
  const first = Math.max(0, Math.floor(view.top) - OVERSCAN);
  const last = Math.min(total, Math.ceil(view.top) + pageRows + OVERSCAN);

  useEffect(() => {
    // What is in sight first, then what comes next, so that a scrolling hand seldom sees a row that is not here yet.
    const ahead = 2 * pageRows;
    const pageOf = (row: number) => Math.floor(Math.max(0, Math.min(row, total - 1)) / PAGE);
    const want =
      fresh && held.total !== null ? [first, last - 1, first - ahead, last - 1 + ahead].map(pageOf) : [0];
    for (const page of new Set(want)) {
      const name = `${key}#${page}`;
      if ((fresh && held.pages.has(page)) || asked.current.has(name)) continue;
      asked.current.add(name);
      void loader.current(page * PAGE, PAGE).then((answer) => {
        asked.current.delete(name);
        if (answer === null) return;
        setHeld((old) => {
          const pages = new Map(old.key === key ? old.pages : []);
          pages.delete(page);
          pages.set(page, answer.rows);
          for (const oldest of pages.keys()) {
            if (pages.size <= HELD_PAGES) break;
            pages.delete(oldest);
          }
          return { key, total: answer.total, pages };
        });
      });
    }
  }, [key, fresh, first, last, held, pageRows, total]);

  useEffect(() => {
    if (held.key !== key) return;
    moveTo(0);
  }, [held.key, moveTo, key]);

  const reveal = useCallback(
    (index: number) => {
      if (index < view.top) moveTo(index);
      else if (index + 1 > view.top + view.height / rowHeight) moveTo(index + 1 - view.height / rowHeight);
    },
    [moveTo, rowHeight, view],
  );
  const rowAt = useCallback(
    (index: number): Row | null => held.pages.get(Math.floor(index / PAGE))?.[index % PAGE] ?? null,
    [held],
  );
  return { scroller, total: held.total, track, top: view.top, first, last, rowAt, reveal, pageRows };
}
