import { FieldError, Input, Label, Text, TextField } from "react-aria-components";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly type?: "text" | "password";
  readonly hint?: string;
  readonly error?: string | null;
  readonly autoFocus?: boolean;
  readonly inputMode?: "text" | "numeric" | "url";
}

/** A labelled line of text with its hint and its error. */
export function Field({
  label,
  value,
  onChange,
  type = "text",
  hint,
  error = null,
  autoFocus = false,
  inputMode = "text",
}: FieldProps) {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      type={type}
      isInvalid={error !== null}
      autoFocus={autoFocus}
      autoComplete="off"
    >
      <Label>{label}</Label>
      <Input inputMode={inputMode} spellCheck={false} />
      {hint !== undefined && (
        <Text slot="description" className="soft small">
          {hint}
        </Text>
      )}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}
