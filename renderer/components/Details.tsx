import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";
import type { Card } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { bySeriousness, concernExplained, problemDo, problemExplained, whatToDo } from "./cardWords.ts";
import { Icon } from "./icons.tsx";
import { useCopy } from "./useCopy.ts";

/** The same facts in the words of the format, ready to be copied into a letter to support. */
function supportText(card: Card): string {
  const lines = [
    `device ${card.device ?? "null"}`,
    `source ${card.source}`,
    `ledger ${card.ledger === null ? "null" : `${card.ledger.no} ${card.ledger.made} ${card.ledger.state}`}`,
    ...bySeriousness(card.concerns).map((concern) =>
      [
        concern.kind,
        concern.reason,
        concern.count,
        concern.batches.join(","),
        concern.name,
        concern.clock?.seconds ?? null,
      ]
        .filter((part) => part !== null && part !== "")
        .join(" "),
    ),
    ...(card.problem === null
      ? []
      : [`failure ${card.problem.type} ${Object.values(card.problem.values).join(" ")}`.trim()]),
  ];
  return lines.join("\n");
}

export function DetailsButton({ card, name }: { readonly card: Card; readonly name: string }) {
  const words = useWords();
  const text = supportText(card);
  const [copied, copy] = useCopy();
  const more = card.concerns.length - 1;
  const label = more > 0 ? words.t("common.details.more", { count: more }) : words.t("common.details");
  return (
    <DialogTrigger>
      <Button className="button" aria-label={`${label}: ${name}`}>
        {label}
      </Button>
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal">
          <Dialog className="dialog">
            {({ close }) => (
              <>
                <Heading slot="title">{words.t("details.title", { name })}</Heading>
                <ul className="details-list">
                  {bySeriousness(card.concerns).map((concern) => (
                    <li key={`${concern.kind}-${concern.reason}-${concern.name}`}>
                      <p>{concernExplained(words, concern)}</p>
                      <p className="card-do">{whatToDo(words, concern)}</p>
                    </li>
                  ))}
                  {card.problem !== null && (
                    <li>
                      <p>{problemExplained(words, card.problem)}</p>
                      <p className="card-do">{problemDo(words, card.problem)}</p>
                    </li>
                  )}
                </ul>
                <p className="soft small">{words.t("details.hint")}</p>
                <pre className="support">{text}</pre>
                <div className="dialog-actions">
                  <Button className="button" onPress={() => copy(text)}>
                    <Icon name={copied ? "check" : "copy"} size={18} />
                    <span role="status">{words.t(copied ? "common.copied" : "common.copy")}</span>
                  </Button>
                  <Button className="button button-main" onPress={close}>
                    {words.t("common.close")}
                  </Button>
                </div>
              </>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
