import { useCallback, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { Output } from "../../shared/ipc/contract.ts";
import type { LogFault, LogProof, LogRow } from "../../shared/ipc/views.ts";
import { type Column, Grid } from "../components/Grid.tsx";
import { Icon, StateMark, type Tone } from "../components/icons.tsx";
import { Said, useSay } from "../components/Said.tsx";
import { useWords, type Words } from "../i18n.ts";
import { en } from "../messages/en.ts";
import { call, useSnapshot } from "../store.ts";

type Verified = Output<"verifyLog">;

const typeName = (words: Words, type: string): string => {
  const key = `log.type.${type}`;
  return key in en ? words.t(key as "log.type.staged") : type;
};
const facts = (row: LogRow): string =>
  Object.entries(row.data)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");

/** The audit log, newest first, and above it whether it is whole and what bears witness to that. */
export function LogScreen() {
  const words = useWords();
  const { t } = words;
  const { todayRevision } = useSnapshot().unload;
  const [total, setTotal] = useState<number | null>(null);
  const [verified, setVerified] = useState<Verified | "asking" | null>(null);
  const load = useCallback(async (offset: number, limit: number) => {
    const answer = await call("log", { offset, limit });
    return answer.ok ? answer.value : null;
  }, []);
  const said = useSay();
  const verify = async () => {
    setVerified("asking");
    const done = await said.run("verifyLog", null, (value) => {
      setVerified(value);
      return null;
    });
    if (!done) setVerified(null);
  };
  const columns = useMemo(
    (): readonly Column<LogRow, never>[] => [
      {
        id: "no",
        title: t("log.no"),
        width: "5.5rem",
        end: true,
        cell: (row) => words.number(row.no),
        text: (row) => String(row.no),
      },
      {
        id: "at",
        title: t("log.at"),
        width: "minmax(11rem, 1fr)",
        cell: (row) => words.moment(row.at),
        text: (row) => row.at,
      },
      {
        id: "type",
        title: t("log.type"),
        width: "minmax(13rem, 1fr)",
        cell: (row) => <b>{typeName(words, row.type)}</b>,
        text: (row) => row.type,
      },
      {
        id: "data",
        title: t("log.data"),
        width: "minmax(12rem, 3fr)",
        cell: (row) => <code>{facts(row)}</code>,
        text: facts,
      },
      {
        id: "hash",
        title: t("log.hash"),
        width: "9rem",
        cell: (row) => <code className="soft">{row.hash.slice(0, 12)}…</code>,
        text: (row) => row.hash,
      },
    ],
    [words, t],
  );
  return (
    <section className="log" aria-labelledby="log-title">
      <header className="room-head">
        <h1 id="log-title">{t("log.title")}</h1>
        <p className="reconcile-count">
          {total !== null && t("log.count", { count: total, shown: words.number(total) })}
        </p>
        <span className="room-space" />
        <Said said={said} />
      </header>
      <Verdict verified={verified} onVerify={() => void verify()} />
      <div className="log-table">
        <Grid
          label={t("log.title")}
          listKey={`log-${todayRevision}`}
          load={load}
          columns={columns}
          onTotal={setTotal}
          rowLabel={(row) => `${row.no} ${typeName(words, row.type)}`}
          empty=""
        />
      </div>
    </section>
  );
}

interface VerdictProps {
  readonly verified: Verified | "asking" | null;
  readonly onVerify: () => void;
}

/** Said at a glance: whole or not, and by whose word. Always there, so that nothing moves when it is known. */
function Verdict({ verified, onVerify }: VerdictProps) {
  const words = useWords();
  const { t } = words;
  const centre = useSnapshot().centre.state;
  const asking = verified === "asking";
  const known = asking ? null : verified;
  const tone: Tone = asking ? "work" : known === null ? "quiet" : known.fault === null ? "calm" : "stop";
  const proof = known?.proof ?? null;
  return (
    <div className={`log-verdict tone-${tone}`}>
      <StateMark tone={tone} size={44} />
      <div className="log-words" role="status">
        {asking && <p className="log-headline">{t("log.verifying")}</p>}
        {verified === null && (
          <>
            <p className="log-headline">{t("log.unchecked")}</p>
            <p>{t("log.unchecked.do")}</p>
          </>
        )}
        {known !== null && known.fault === null && (
          <>
            <p className="log-headline log-whole">{t("log.whole")}</p>
            <p>{t("log.whole.lines", { count: known.lines, shown: words.number(known.lines) })}</p>
            {proof !== null && proof.unsigned > 0 && <p>{t("log.unsigned", { count: proof.unsigned })}</p>}
            {proof !== null && proof.notWitnessed > 0 && (
              <p>{t("log.not-witnessed", { no: words.number(proof.notWitnessed) })}</p>
            )}
            {proof !== null && !proof.centreAsked && centre !== "unset" && <p>{t("log.unasked")}</p>}
          </>
        )}
        {known !== null && known.fault !== null && (
          <>
            <p className="log-headline log-broken">{t("log.broken")}</p>
            <p>{faultSentence(words, known.fault)}</p>
            <p className="card-do">{t("log.broken.do")}</p>
          </>
        )}
      </div>
      {proof !== null && <Anchors proof={proof} />}
      <Button
        className={known === null ? "button button-main log-verify" : "button log-verify"}
        isDisabled={asking}
        onPress={onVerify}
      >
        <Icon name="check" size={18} />
        {t("log.verify")}
      </Button>
    </div>
  );
}

/** How many of each bear witness to the log. */
function Anchors({ proof }: { readonly proof: LogProof }) {
  const words = useWords();
  const { t } = words;
  const anchors = [
    ["log.anchor.heads", proof.heads],
    ["log.anchor.receipts", proof.receipts],
    ["log.anchor.acts", proof.acts],
    ["log.anchor.bags", proof.bags],
    ["log.anchor.centre", proof.atCentre],
    ["log.anchor.staged", proof.staged],
  ] as const;
  return (
    <ul className="anchors" aria-label={t("log.anchors")}>
      {anchors.map(([key, count]) => (
        <li key={key}>
          <b>{words.number(count)}</b>
          <span>{t(key, { count })}</span>
        </li>
      ))}
    </ul>
  );
}

/** Where the log stops being what it was, and who says so. */
function faultSentence(words: Words, fault: LogFault): string {
  const { t } = words;
  const { type, by, what, why } = fault;
  const line = (no: number | null) => words.number(no ?? 0);
  const no = line(fault.no);
  const name = fault.name ?? "";
  const event = what === null ? "" : typeName(words, what);
  switch (type) {
    case "audit-broken": {
      if (by === "chain" || by === null) return t("log.fault.chain", { no });
      const witness = t(`log.witness.${by}`, { name });
      return fault.no === fault.upTo
        ? t("log.fault.line", { witness, no })
        : t("log.fault.lines", { witness, no, upTo: line(fault.upTo) });
    }
    case "line-without-record":
      return t("log.fault.no-record", { no, event });
    case "record-without-line":
      return t("log.fault.no-line", { name, event });
    case "rows-changed":
      return fault.no === null ? t("log.fault.rows", { name }) : t("log.fault.rows-after", { name, no });
    case "anchor-bad":
      return t("log.fault.witness", {
        name: by === null || by === "chain" || by === "anchor" ? name : t(`log.witness.${by}`, { name }),
        why: why === null ? "" : t(`log.why.${why}`),
      });
  }
}
