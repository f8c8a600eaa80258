import type { JobView } from "@mobilesd/contract";
import { api } from "./api.ts";
import { confirmed } from "./confirm.ts";
import { note } from "./dom.ts";
import { failureWords } from "./failure-words.ts";
import type { JobActions } from "./job-card.ts";
import { withCancel, withoutJob } from "./live-store.ts";
import type { Watch } from "./watch.ts";

/** What a page can do to jobs. A wish shows at once; where it fails, the look behind it takes that back. */
export function jobActions(watch: () => Watch): JobActions {
  const change = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      note(failureWords(error));
    }
    await watch().lookNow();
  };
  return {
    async cancel(job: JobView) {
      const id = job.mobilesd_job_id;
      const question = "Stop this job? What is drawn so far is lost.";
      if (job.status === "processing" && !(await confirmed(question, "Stop it"))) return;
      const wish = { status: null, status_reason: "cancelling" } as const;
      watch().assume((state) => withCancel(state, id, wish, Date.now()));
      await change(async () => {
        const answer = await api.call("cancelJob", { params: { id } });
        watch().assume((state) => withCancel(state, id, answer, Date.now()));
      });
    },
    async again(job: JobView) {
      await change(async () => {
        await api.call("retryJob", { params: { id: job.mobilesd_job_id } });
        note("Queued again");
      });
    },
    async remove(job: JobView) {
      const id = job.mobilesd_job_id;
      const count = job.images.length;
      const pictures = count === 1 ? "its picture" : `its ${count} pictures`;
      const what = count === 0 ? "this job" : `this job and ${pictures}`;
      if (!(await confirmed(`Delete ${what}? That cannot be undone.`, "Delete"))) return;
      await change(async () => {
        await api.call("deleteJob", { params: { id } });
        watch().assume((state) => withoutJob(state, id, Date.now()));
      });
    },
  };
}
