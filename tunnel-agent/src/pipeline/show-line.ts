import type { AgentState, CurrentJob, NextJob, Upload } from "./agent-view.ts";
import type { ForgeLine, SeatView } from "./forge-line.ts";

/** How far jobs are: Forge's own goes back where another pass begins, what is shown of a job does not. */
function createShares() {
  let highest: ReadonlyMap<string, number> = new Map();
  return (seats: readonly SeatView[]): readonly SeatView[] => {
    highest = new Map(
      seats.map(({ jobId, progress }) => [
        jobId,
        Math.max(highest.get(jobId) ?? 0, progress?.share ?? 0),
      ]),
    );
    const shareOf = ({ jobId }: SeatView) => highest.get(jobId) ?? 0;
    return seats.map((seat) => ({
      ...seat,
      progress: seat.progress && { ...seat.progress, share: shareOf(seat) },
    }));
  };
}

/** Shows what the line holds, until the answer is called. */
export function showLine(
  line: Pick<ForgeLine, "seats" | "onChange">,
  state: AgentState,
): () => void {
  const withShares = createShares();
  const show = () => {
    const seats = withShares(line.seats());
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
