import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Answer, Bridge, Input, Method, Output, Problem } from "../shared/ipc/contract.ts";
import type { AreaName, Snapshot } from "../shared/ipc/views.ts";

declare global {
  interface Window {
    readonly sanaq: Bridge;
  }
}

type Listener = () => void;

let current: Snapshot | null = null;
const listeners = new Set<Listener>();

/** Begins to listen; the newest snapshot is kept, an older one that arrives late is not. */
export function connect(bridge: Bridge): () => void {
  return bridge.onSnapshot((snapshot) => {
    if (current !== null && snapshot.revision <= current.revision) return;
    current = snapshot;
    for (const listener of listeners) listener();
  });
}

const subscribe = (listener: Listener): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The newest snapshot; null until the first one. */
export const useSnapshotOrNothing = (): Snapshot | null => useSyncExternalStore(subscribe, () => current);

export const SnapshotContext = createContext<Snapshot | null>(null);
export function useSnapshot(): Snapshot {
  const snapshot = useContext(SnapshotContext);
  if (snapshot === null) throw new Error("no snapshot: rendered outside of App");
  return snapshot;
}

/** Calls a method on the other side. */
export function call<M extends Method>(method: M, input: Input<M>): Promise<Answer<M>> {
  const run = window.sanaq[method] as (input: Input<M>) => Promise<Answer<M>>;
  return run(input);
}

export interface Query<T> {
  /** The newest answer; kept while a newer one is under way, so that nothing jumps. */
  readonly value: T | null;
  readonly problem: Problem | null;
  readonly loading: boolean;
}

/** Asks once for every change of the input or of `revision`, and keeps the last answer meanwhile. */
export function useQuery<M extends Method>(method: M, input: Input<M>, revision = 0): Query<Output<M>> {
  const [state, setState] = useState<Query<Output<M>>>({ value: null, problem: null, loading: true });
  const key = JSON.stringify(input);
  const latest = useRef(input);
  latest.current = input;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the input by value
  useEffect(() => {
    let stale = false;
    setState((held) => ({ ...held, loading: true }));
    void call(method, latest.current).then((answer) => {
      if (stale) return;
      setState((held) =>
        answer.ok
          ? { value: answer.value, problem: null, loading: false }
          : { value: held.value, problem: answer.error, loading: false },
      );
    });
    return () => {
      stale = true;
    };
  }, [method, key, revision]);
  return state;
}

export const AreasContext = createContext<ReadonlyMap<string, AreaName>>(new Map());
