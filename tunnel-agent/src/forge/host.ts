import type { Catalogue } from "@mobilesd/contract";

/** Forge's options as its owner has them. */
export interface HostOptions {
  /** By name: every option that a job may override and that this Forge has. No paths: modules by file name. */
  readonly own: Readonly<Record<string, unknown>>;
  /** `samples_format`; null where Forge does not say. */
  readonly samplesFormat: string | null;
  /** Whether pictures carry their infotext (`enable_pnginfo`). */
  readonly writesInfotext: boolean;
}

/** What a style adds: `{prompt}` stands for the prompt, a text without it goes behind. */
export interface StylePrompt {
  readonly prompt: string;
  readonly negative_prompt: string;
}

/** What a run must know of the Forge beside it. */
export interface Host {
  readonly catalogue: Catalogue;
  readonly options: HostOptions;
  /** What the styles of the catalogue hold, by name. Stays on this box. */
  readonly stylePrompts: ReadonlyMap<string, StylePrompt>;
  /** Whether a checkpoint's file lacks VAE and text encoders; null where that cannot be seen from here. */
  readonly needsModules: (checkpointName: string) => Promise<boolean | null>;
  /** Nobody else uses this Forge: what a job selects may stay selected. */
  readonly isDedicated: boolean;
}
