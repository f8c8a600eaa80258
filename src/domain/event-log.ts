/** The last events of a server, for watchers who were away for a moment. It lives as long as its hub is awake. */
import { type LiveEvent, LIMITS, type PreviewEvent } from "@mobilesd/contract";

/** An event before it has an id. */
export type NewEvent<E extends LiveEvent = LiveEvent> = E extends LiveEvent ? Omit<E, "id"> : never;

/** An event, and whose it is; null: everybody's who may watch the server. */
export interface Heard<E extends LiveEvent = LiveEvent> {
  readonly event: E;
  readonly ownerId: string | null;
}

/** Characters of all that is kept: jobs with the longest of prompts must not fill the hub's 128 MB. */
const KEPT_CHARS_MAX = 4_000_000;

/** Previews that are remembered: of the jobs that run, only the latest of each. */
const PREVIEWS_KEPT_MAX = 2 + LIMITS.deliveriesMax;

export class EventLog {
  /** Tells this log from the one before the hub slept. */
  readonly #life: string;
  #count = 0;
  /** The number of the last event that was forgotten. */
  #lostUpTo = 0;
  readonly #kept: { readonly number: number; readonly heard: Heard; readonly chars: number }[] = [];
  #keptChars = 0;
  readonly #previews = new Map<string, Heard<PreviewEvent>>();

  constructor(life: string) {
    this.#life = life;
  }

  /** Gives an event its id. Changes of rows are kept, and of previews the latest of each job. */
  add(event: NewEvent, ownerId: string | null): Heard {
    this.#count += 1;
    const heard = { event: { id: this.lastId(), ...event } as LiveEvent, ownerId };
    if (heard.event.type === "job") this.#keep(heard);
    if (heard.event.type === "preview") this.#keepPreview({ event: heard.event, ownerId });
    return heard;
  }

  /** The id of the last event: whoever hands it back misses nothing that came later. */
  lastId(): string {
    return `${this.#life}.${this.#count}`;
  }

  /** What was kept since an event; undefined: some of it is not known any more. */
  since(id: string): Heard[] | undefined {
    const [, life, digits] = /^(.+)\.(\d+)$/.exec(id) ?? [];
    const number = Number(digits);
    const isKnown = life === this.#life && number >= this.#lostUpTo && number <= this.#count;
    if (!isKnown) return undefined;
    return this.#kept.filter((one) => one.number > number).map(({ heard }) => heard);
  }

  /** The latest preview of a job under an epoch. */
  previewOf(jobId: string, epoch: number): Heard<PreviewEvent> | undefined {
    const preview = this.#previews.get(jobId);
    return preview?.event.sequence[0] === epoch ? preview : undefined;
  }

  /** Lets go of a job's preview: it runs no more. */
  forgetPreview(jobId: string): void {
    this.#previews.delete(jobId);
  }

  #keep(heard: Heard): void {
    const chars = JSON.stringify(heard.event).length;
    this.#kept.push({ number: this.#count, heard, chars });
    this.#keptChars += chars;
    while (this.#kept.length > LIMITS.eventsKeptMax || this.#keptChars > KEPT_CHARS_MAX) {
      const lost = this.#kept.shift();
      if (!lost) return;
      this.#lostUpTo = lost.number;
      this.#keptChars -= lost.chars;
    }
  }

  #keepPreview(preview: Heard<PreviewEvent>): void {
    const jobId = preview.event.mobilesd_job_id;
    this.#previews.delete(jobId);
    this.#previews.set(jobId, preview);
    const [oldest] = this.#previews.keys();
    if (this.#previews.size > PREVIEWS_KEPT_MAX && oldest) this.#previews.delete(oldest);
  }
}
