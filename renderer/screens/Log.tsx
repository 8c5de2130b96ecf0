import { useCallback, useMemo, useState } from "react";
import { Button } from "react-aria-components";
import type { LogRow } from "../../shared/ipc/views.ts";
import { type Column, Grid } from "../components/Grid.tsx";
import { Icon, StateMark } from "../components/icons.tsx";
import { useWords, type Words } from "../i18n.ts";
import { en } from "../messages/en.ts";
import { call, useSnapshot } from "../store.ts";

type Verified = { readonly lines: number; readonly firstBad: number | null };

const typeName = (words: Words, type: string): string => {
  const key = `log.type.${type}`;
  return key in en ? words.t(key as "log.type.staged") : type;
};
const facts = (row: LogRow): string =>
  Object.entries(row.data)
    .map(([name, value]) => `${name} ${value}`)
    .join(" · ");

/** The audit log, newest first, and whether its chain of hashes holds. */
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
  const verify = async () => {
    setVerified("asking");
    const answer = await call("verifyLog", null);
    setVerified(answer.ok ? answer.value : null);
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
        width: "minmax(10rem, 1fr)",
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
        <Verdict verified={verified} />
        <Button
          className="button log-verify"
          isDisabled={verified === "asking"}
          onPress={() => void verify()}
        >
          <Icon name="check" size={18} />
          {t("log.verify")}
        </Button>
      </header>
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

function Verdict({ verified }: { readonly verified: Verified | "asking" | null }) {
  const words = useWords();
  const { t } = words;
  return (
    <div className="log-verdict" role="status">
      {verified === "asking" && <span className="soft">{t("log.verifying")}</span>}
      {verified !== null && verified !== "asking" && verified.firstBad === null && (
        <span className="log-whole">
          <StateMark tone="calm" size={22} />
          {t("log.whole", { count: verified.lines, shown: words.number(verified.lines) })}
        </span>
      )}
      {verified !== null && verified !== "asking" && verified.firstBad !== null && (
        <span className="log-broken">
          <StateMark tone="stop" size={22} />
          {t("log.broken", { no: verified.firstBad })}. {t("log.broken.do")}
        </span>
      )}
    </div>
  );
}
