import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { JobView } from "../../shared/ipc/jobs.ts";
import type { Role } from "../../shared/ipc/views.ts";
import { useWords } from "../i18n.ts";
import { problemWords } from "../problemWords.ts";
import { call, useSnapshot } from "../store.ts";
import { Icon, StateMark } from "./icons.tsx";
import { jobFacts, jobHeadline, jobShare, jobTodo, jobTone } from "./jobWords.ts";

/** Who may begin a job may see to it. */
const ROLES: Readonly<Record<JobView["kind"], readonly Role[]>> = {
  export: ["operator", "administrator"],
  import: ["operator", "administrator"],
  backup: ["administrator"],
  report: ["auditor", "operator", "administrator"],
};

/** The job, where the person who works here may see to it. */
function useJob(): JobView | null {
  const { job, session } = useSnapshot();
  const roles = session.person?.roles ?? [];
  return job !== null && ROLES[job.kind].some((role) => roles.includes(role)) ? job : null;
}

/** In the top line of every room: long work under way, and what it came to; a press shows the whole. */
export function JobChip() {
  const words = useWords();
  const job = useJob();
  if (job === null) return null;
  const tone = jobTone(job);
  const share = tone === "work" ? jobShare(job) : null;
  const kind = words.t(`job.kind.${job.kind}`);
  const text = share === null ? kind : `${kind} ${words.percent(share)}`;
  return (
    <DialogTrigger>
      <Button className={`job-chip tone-${tone}`} aria-label={`${text}. ${jobHeadline(words, job)}`}>
        <StateMark tone={tone} size={18} />
        <span className="job-chip-words">{text}</span>
        <Icon name="down" size={14} />
      </Button>
      <Popover className="popover job-popover" placement="bottom end">
        <Dialog className="job-dialog" aria-label={words.t("job.label")}>
          <JobPanel job={job} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

/** The job of one of these kinds, in the room where it was begun; null: there is none. */
export function useJobOf(...kinds: readonly JobView["kind"][]): JobView | null {
  const job = useJob();
  return job !== null && kinds.includes(job.kind) ? job : null;
}

/** All about a job: how far it is, what it came to, what to do, and the way to end it. */
export function JobPanel({ job }: { readonly job: JobView }) {
  const words = useWords();
  const { t } = words;
  const tone = jobTone(job);
  const told = job.problem === null ? null : problemWords(words, job.problem);
  const todo = told === null ? jobTodo(words, job) : [told.todo].filter((one) => one !== null);
  const isRunning = job.state === "running" || job.state === "stopping";
  return (
    <div className={`job tone-${tone}`}>
      <div className="job-head">
        <StateMark tone={tone} size={32} />
        <div role="status">
          <p className="job-headline">{jobHeadline(words, job)}</p>
          {job.state === "stopping" && <p>{t("job.stopping")}</p>}
          {told !== null && <p>{told.what}</p>}
        </div>
      </div>
      {isRunning && <JobBar job={job} />}
      <div className="job-more">
        {todo.map((one) => (
          <p key={one} className="card-do">
            {one}
          </p>
        ))}
        <ul className="job-facts">
          {jobFacts(words, job).map((fact) => (
            <li key={fact}>{fact}</li>
          ))}
        </ul>
      </div>
      <div className="part-actions job-actions">
        {isRunning ? (
          <Button
            className="button"
            isDisabled={job.state === "stopping"}
            onPress={() => void call("stopJob", { no: job.no })}
          >
            {t("job.stop")}
          </Button>
        ) : (
          <Button className="button" onPress={() => void call("clearJob", { no: job.no })}>
            {t("job.clear")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Progress as length and as words; of what has no end to be known, only that it goes on. */
function JobBar({ job }: { readonly job: JobView }) {
  const words = useWords();
  const { t } = words;
  const share = jobShare(job);
  const { part, whole } = words.bytesOf(job.bytesDone, job.bytesTotal);
  const batches =
    job.batchesTotal > 0 && t("card.batches", { done: job.batchesDone, total: job.batchesTotal });
  const bytes =
    job.bytesTotal > 0
      ? t("card.bytes", { part, whole })
      : job.bytesDone > 0 && t("job.checked", { bytes: words.bytes(job.bytesDone) });
  return (
    <div className="card-progress">
      <div
        className={share === null ? "bar bar-unending" : "bar"}
        role="progressbar"
        aria-label={t("job.progress")}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
        aria-valuetext={bytes === false ? undefined : bytes}
      >
        <span className="bar-fill" style={{ width: `${((share ?? 1) * 100).toFixed(2)}%` }} />
      </div>
      <p className="card-figures">
        <span>{batches}</span>
        <span>{bytes}</span>
      </p>
    </div>
  );
}
