import type { ReactNode } from "react";
import type { SettingsView } from "../../../shared/ipc/views.ts";
import type { Say } from "../../components/Said.tsx";

/** What each part of the settings is given: all that is set, and where to say what came of a change. */
export interface PartProps {
  readonly view: SettingsView;
  readonly said: Say;
}

/** A titled part of the settings. */
export function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
