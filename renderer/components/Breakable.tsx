import { Fragment } from "react";

/** An address or a path that is broken only where its parts begin; copied, it is as it was. */
export function Breakable({ text }: { readonly text: string }) {
  const parts = text.split(/(?<=[@/?&\\])(?=[^/])/);
  return (
    <code>
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text, in its order
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}
