import type { ReactNode } from "react";
import { Button, Dialog, DialogTrigger, Form, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useWords } from "../i18n.ts";

interface FormDialogProps {
  /** The button that opens it. */
  readonly opener: ReactNode;
  readonly title: string;
  /** The word on the button that sends the form. */
  readonly action: string;
  readonly onSubmit: (close: () => void) => void;
  readonly children: ReactNode;
}

/** A form that asks for a few things over the room: Enter sends it, Escape and the first button leave everything as it was. */
export function FormDialog({ opener, title, action, onSubmit, children }: FormDialogProps) {
  const { t } = useWords();
  return (
    <DialogTrigger>
      {opener}
      <ModalOverlay className="overlay" isDismissable>
        <Modal className="modal modal-narrow">
          <Dialog className="dialog">
            {({ close }) => (
              <Form
                onSubmit={(event) => {
                  event.preventDefault();
                  onSubmit(close);
                }}
              >
                <Heading slot="title">{title}</Heading>
                {children}
                <div className="dialog-actions">
                  <Button className="button" onPress={close}>
                    {t("common.cancel")}
                  </Button>
                  <Button className="button button-main" type="submit">
                    {action}
                  </Button>
                </div>
              </Form>
            )}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
