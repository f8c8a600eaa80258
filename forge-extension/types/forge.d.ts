import type {
  JobImage,
  JobStatus,
  LiveEvent,
  PreviewEvent,
  ProgressEvent,
} from "@mobilesd/contract";

declare global {
  /** What Forge's own scripts put into the page's one scope. */
  function gradioApp():
    | Document
    | (HTMLElement & { getElementById(id: string): HTMLElement | null });
  function onUiLoaded(callback: () => void): void;
  function onUiTabChange(callback: () => void): void;
  function onAfterUiUpdate(callback: () => void): void;
  function onOptionsAvailable(callback: () => void): void;
  function onOptionsChanged(callback: () => void): void;
  function get_uiCurrentTabContent(): HTMLElement | null;
  function updateInput(target: HTMLElement): void;
  function appendContextMenuOption(selector: string, label: string, act: () => void): void;
  var opts: Record<string, unknown>;

  /** What the extension knows without asking anybody. */
  interface MobilesdState {
    readonly connected: boolean | null;
    readonly url: string;
    /** How it stands with the connection, in words. */
    readonly connection: string;
    /** Whether nothing about the connection can be changed from a page. */
    readonly is_from_environment: boolean;
    /** Empty when there is no key. */
    readonly key_start: string;
    readonly server: string | null;
    readonly priority: number;
    readonly waiting: number | null;
    readonly outbox: readonly MobilesdSaved[];
    readonly error: string | null;
    readonly checked_at: string | null;
  }

  type MobilesdImage = Pick<JobImage, "name" | "width" | "height" | "seed" | "infotext">;

  /** A job as webui/job_view.py puts it into words; `saved` on this machine, or in the queue. */
  interface MobilesdJob {
    readonly id: string;
    readonly status: JobStatus | "saved";
    readonly word: string;
    readonly server: string;
    readonly at: string;
    readonly ago: string;
    readonly progress: number | null;
    readonly outlook: string;
    readonly prompt: string;
    readonly settings: string;
    readonly error: string;
    readonly advice: string;
    readonly warnings: readonly string[];
    readonly images: readonly MobilesdImage[];
    readonly actions: readonly MobilesdAction[];
  }

  /** A button of a card: a route that does something, or that tells the settings to put back. */
  type MobilesdAction = {
    readonly label: string;
    readonly body: object;
    /** A question to agree to before, or empty. */
    readonly ask: string;
  } & (
    | { readonly method: "GET"; readonly path: `infotext/${string}` }
    | { readonly method: "POST" | "DELETE"; readonly path: string }
  );

  /** A job that waits on this machine until the queue can be reached. */
  interface MobilesdSaved extends MobilesdJob {
    /** Whether it is sent by itself, or waits for a person. */
    readonly standing: "waiting" | "asks" | "refused";
  }

  interface MobilesdJobs {
    readonly jobs: readonly MobilesdJob[];
    readonly total: number;
    /** Whether looking again soon will show something new. */
    readonly moves: boolean;
  }

  type MobilesdLiveEvent = LiveEvent;
  type MobilesdProgress = ProgressEvent;

  interface MobilesdCard {
    readonly root: HTMLElement;
    update(job: MobilesdJob): void;
    /** Draws what the queue told of the run since the last look. */
    hear(event: ProgressEvent | PreviewEvent): void;
  }

  /** What goes on to hear of one server's jobs until it is ended. */
  interface MobilesdLine {
    /** Whether its socket is open. */
    stands: boolean;
    end(): void;
  }

  /** What of a job's settings a paste can bring back, and what it cannot, by name. */
  interface MobilesdSettings {
    readonly tab: MobilesdDestination;
    readonly infotext: string;
    readonly lost: readonly string[];
    readonly sentence: string;
  }

  /** A tab of Forge that takes a result. */
  type MobilesdDestination = "txt2img" | "img2img" | "inpaint" | "extras";

  /** What a route says that does something. */
  interface MobilesdOutcome {
    readonly ok?: boolean;
    readonly sentence: string;
    readonly warning?: string | null;
    /** What the settings of Forge are now. */
    readonly options?: Record<string, string>;
  }

  /** Something to look at now and then: whether anyone wants to, and a look that tells whether things move. */
  interface MobilesdLook {
    isWanted(): boolean;
    run(isNudged: boolean): Promise<boolean>;
  }

  /** An error whose sentence is meant for people. */
  type MobilesdFailure = Error & { readonly sentence: string };

  /** What the feed tells, by type. */
  interface MobilesdEvents {
    state: MobilesdState;
    /** A look that found nothing out, and why. */
    failed: MobilesdFailure;
    /** How a job that runs stands, as the queue tells it. */
    run: ProgressEvent | PreviewEvent;
  }

  /** What a route answers, by its path. */
  type MobilesdAnswer<P extends string> = P extends "state"
    ? MobilesdState
    : P extends `jobs?${string}`
      ? MobilesdJobs
      : P extends `infotext/${string}`
        ? MobilesdSettings
        : P extends "servers"
          ? Record<string, string>
          : P extends "live"
            ? { readonly url: string }
            : MobilesdOutcome;

  /** The element of a selector that is a tag, ends in one, or is one with attributes. */
  type MobilesdPart<S extends string> = S extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[S]
    : S extends `${string} ${infer T extends keyof HTMLElementTagNameMap}`
      ? HTMLElementTagNameMap[T]
      : S extends `${infer T extends keyof HTMLElementTagNameMap}[${string}`
        ? HTMLElementTagNameMap[T]
        : HTMLElement;

  type MobilesdAttribute = string | number | boolean | null | ((event: Event) => void);

  interface MobilesdQueue {
    /** Calls a route of the extension on Forge and answers its JSON, or throws a MobilesdFailure. */
    api<P extends string>(
      path: P,
      request?: { method?: string; body?: unknown },
    ): Promise<MobilesdAnswer<P>>;
    failure(sentence: string): MobilesdFailure;
    /** The part of the page that webui/html put there. */
    part<S extends string>(root: ParentNode, selector: S): MobilesdPart<S>;
    /** A copy of a model that it put there. */
    fresh<K extends "li" | "dialog">(tag: K): HTMLElementTagNameMap[K];
    /** An attribute that is a function listens to the event of that name. */
    el<K extends keyof HTMLElementTagNameMap>(
      tag: K,
      attributes?: Readonly<Record<string, MobilesdAttribute>>,
      ...children: (Node | string | null)[]
    ): HTMLElementTagNameMap[K];
    readonly feed: {
      on<K extends keyof MobilesdEvents>(
        type: K,
        listener: (event: MobilesdEvents[K]) => void,
      ): void;
      emit<K extends keyof MobilesdEvents>(type: K, event: MobilesdEvents[K]): void;
      addLook(look: MobilesdLook): void;
      /** Looks at once: something was just done. */
      nudge(): void;
    };
    /** A button that cannot be pressed again until what it does is done, and says what went wrong. */
    button(
      label: string,
      act: () => unknown,
      attributes?: Readonly<Record<string, MobilesdAttribute>>,
    ): HTMLButtonElement;
    /** A message at the foot of the page; with lines it stays until it is closed. */
    note(text: string, lines?: readonly string[]): void;
    /** Whether the queue's tab is in sight. */
    isSeen(): boolean;
    /** Whether the queue itself tells of all open jobs in sight, so that nobody has to look. */
    isLive(): boolean;
    /** Hears of these jobs from now on, as far as the queue tells of them. */
    follow(jobs: readonly MobilesdJob[]): void;
    /** Calls a route that does something, says what came of it, and looks. */
    act(path: string, body?: unknown, method?: string): Promise<void>;
    copyInfotext(text: string): Promise<void>;
    imageUrl(kind: "preview" | "download", name: string): string;
    /** Shows pictures in full, and tells which one each time it turns to another. */
    openViewer(
      images: readonly MobilesdImage[],
      first: number,
      chosen: (index: number) => void,
    ): void;
    makeCard(): MobilesdCard;
    /** What can be done with one picture; `leave` is called before it is sent away. */
    pictureActions(image: MobilesdImage, leave?: () => void): HTMLButtonElement[];
    /** Sends a picture (unless null) and settings to a tab of Forge. */
    send(tab: MobilesdDestination, name: string | null, infotext: string | null): Promise<void>;
    /** Puts a job's settings back on screen, and says what cannot come back. */
    openSettings(path: `infotext/${string}`): Promise<void>;
    /** Called by the hidden button of webui/send_results.py. */
    takeSendRequest(): string;
  }

  interface Window {
    mobilesdQueue: MobilesdQueue;
  }
}
