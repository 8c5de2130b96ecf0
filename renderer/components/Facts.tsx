import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { useWords } from "../i18n.ts";
import { Icon } from "./icons.tsx";
import { useCopy } from "./useCopy.ts";

/** One line of a list of facts: its name and what is known. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A digest, shortened for the eye, copied whole. */
export function Hash({ value }: { readonly value: string }) {
  const { t } = useWords();
  const [copied, copy] = useCopy();
  return (
    <span className="hash">
      <code>
        {value.slice(0, 12)}…{value.slice(-6)}
      </code>
      <Button
        className="hash-copy"
        aria-label={`${t("common.copy")} ${value.slice(0, 12)}`}
        onPress={() => copy(value)}
      >
        <Icon name={copied ? "check" : "copy"} size={14} />
      </Button>
      <span className="unseen" role="status">
        {copied && t("common.copied")}
      </span>
    </span>
  );
}
