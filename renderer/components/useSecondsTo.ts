import { useEffect, useState } from "react";

/** Whole seconds from now to a moment, counted down; 0 once it is past or where there is none. */
export function useSecondsTo(stamp: string | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (stamp === null) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [stamp]);
  return stamp === null ? 0 : Math.max(0, Math.ceil((Date.parse(stamp) - now) / 1000));
}
