import type { JobImage, JobStatusView, JobView, ServerView } from "@mobilesd/contract";

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

  interface MobilesdSaved {
    readonly id: string;
    readonly created_at: string;
    readonly prompt: string;
    readonly sentence: string;
  }

  /** What the extension knows without asking anybody. */
  interface MobilesdState {
    readonly connected: boolean | null;
    readonly url: string;
    readonly key_start: string | null;
    readonly server: string | null;
    readonly priority: number;
    readonly waiting: number | null;
    readonly outbox: readonly MobilesdSaved[];
    readonly error: string | null;
    readonly checked_at: string | null;
  }

  type MobilesdJob = JobView & Partial<JobStatusView>;
  type MobilesdImage = JobImage;
  type MobilesdServer = ServerView;

  /** Something to look at now and then: whether anyone wants to, and a look that tells whether things move. */
  interface MobilesdLook {
    isWanted(): boolean;
    run(): Promise<boolean>;
  }

  /** An error whose sentence is meant for people. */
  type MobilesdFailure = Error & { readonly sentence: string; readonly code: string };

  /** What the feed tells, by type. */
  interface MobilesdEvents {
    state: MobilesdState;
    state_failed: MobilesdFailure;
  }

  type MobilesdAttribute = string | number | boolean | null | ((event: Event) => void);

  interface MobilesdQueue {
    /** Calls a route of the extension on Forge and answers its JSON, or throws a MobilesdFailure. */
    api(path: string, request?: { method?: string; body?: unknown }): Promise<unknown>;
    /** An attribute that is a function listens to the event of that name. */
    el<K extends keyof HTMLElementTagNameMap>(
      tag: K,
      attributes?: Readonly<Record<string, MobilesdAttribute>>,
      ...children: (Node | string | null)[]
    ): HTMLElementTagNameMap[K];
    readonly feed: {
      /** Listens until the function that it answers is called. */
      on<K extends keyof MobilesdEvents>(
        type: K,
        listener: (event: MobilesdEvents[K]) => void,
      ): () => void;
      emit<K extends keyof MobilesdEvents>(type: K, event: MobilesdEvents[K]): void;
      addLook(look: MobilesdLook): void;
      /** Looks at once: something was just done. */
      nudge(): void;
    };
    /** The last state seen, before the first one null. */
    state(): MobilesdState | null;
    /** The options of the page whose names begin with `mobilesd_`. */
    settings(): Record<string, unknown>;
  }

  interface Window {
    mobilesdQueue: MobilesdQueue;
  }
}
