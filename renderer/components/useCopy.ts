import { useCallback, useEffect, useRef, useState } from "react";
import { call } from "../store.ts";

const SHOWN_MS = 2_000;

/** Copies a text, and for two seconds knows that it did. */
export function useCopy(): readonly [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = useCallback((text: string) => {
    void call("copy", { text }).then((answer) => {
      if (!answer.ok) return;
      setCopied(true);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCopied(false), SHOWN_MS);
    });
  }, []);
  return [copied, copy];
}
