import type { AgentState, CurrentJob, NextJob, Upload } from "./agent-view.ts";
import type { ForgeLine } from "./forge-line.ts";

/** Shows what the line holds, until the answer is called. */
export function showLine(line: ForgeLine, state: AgentState): () => void {
  const show = () => {
    const seats = line.seats();
    const [first, ...others] = seats.filter(({ where }) => where !== "delivered");
    const isCurrent = first?.where === "in Forge" && first.progress !== null;
    const current: CurrentJob | null = isCurrent
      ? { jobId: first.jobId, label: first.label, ...first.progress }
      : null;
    const second = isCurrent ? others[0] : first;
    const next: NextJob | null = second
      ? { jobId: second.jobId, where: second.progress === null ? "held" : "in Forge" }
      : null;
    const uploads: Upload[] = seats.flatMap(({ jobId, pictures }) =>
      pictures ? [{ jobId, ...pictures }] : [],
    );
    state.change({ current, next, uploads });
  };
  return line.onChange(show);
}
