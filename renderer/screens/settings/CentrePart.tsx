import { useState } from "react";
import { Button, Form } from "react-aria-components";
import { Breakable } from "../../components/Breakable.tsx";
import { Field } from "../../components/Field.tsx";
import { useWords } from "../../i18n.ts";
import { Part, type PartProps } from "./Part.tsx";

/** Where the centre is. */
export function CentrePart({ view, said }: PartProps) {
  const { t } = useWords();
  const [url, setUrl] = useState("");
  return (
    <Part title={t("settings.centre")}>
      {view.centre !== null && (
        <p>
          <Breakable text={view.centre} />
        </p>
      )}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void said.run("setCentre", { url }).then((done) => done && setUrl(""));
        }}
      >
        <Field
          label={t("settings.centre.address")}
          hint={t("settings.centre.hint")}
          value={url}
          onChange={setUrl}
          inputMode="url"
        />
        <div className="part-actions">
          <Button type="submit" className="button" isDisabled={url.trim() === ""}>
            {t("settings.centre.set")}
          </Button>
        </div>
      </Form>
    </Part>
  );
}
