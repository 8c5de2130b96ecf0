import { useContext } from "react";
import { useWords } from "./i18n.ts";
import { AreasContext } from "./store.ts";

/** How a district is called: its name where the classifier was loaded, else its code. */
export function useAreaName(): (area: string) => string {
  const words = useWords();
  const areas = useContext(AreasContext);
  return (area) => areas.get(area)?.[words.language] ?? words.t("area.coded", { area });
}

export function useArea(area: string | null): string | null {
  const name = useAreaName();
  return area === null ? null : name(area);
}
