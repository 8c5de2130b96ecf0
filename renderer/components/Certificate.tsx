import type { CertificateView } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { Fact, Hash } from "./Facts.tsx";

/** A certificate as people compare it: whose it is, its number, who issued it and how long it is valid. */
export function CertificateFacts({ certificate }: { readonly certificate: CertificateView }) {
  const words = useWords();
  const { t } = words;
  return (
    <div className="certificate">
      <h3>
        {t(`certificate.${certificate.role}`)} · {certificate.name}
      </h3>
      <dl className="facts">
        <Fact name={t("fact.serial")}>
          <Hash value={certificate.serial} />
        </Fact>
        <Fact name={t("fact.issuer")}>{certificate.issuer}</Fact>
        <Fact name={t("fact.validity")}>
          {t("fact.validity.value", { from: words.date(certificate.from), to: words.date(certificate.to) })}
        </Fact>
      </dl>
    </div>
  );
}
