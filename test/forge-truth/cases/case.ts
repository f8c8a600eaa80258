import type { JsonObject } from "../../forge-api/compare/difference.ts";
import type { Screen, Tab } from "../page/screen.ts";
import type { Need } from "../needs.ts";

/** Names of one Forge that cases put on the screen. A name that it lacks is empty. */
export interface Lab {
  readonly lacks: ReadonlySet<Need>;
  /** The checkpoint that is selected, as Forge's own lists show it. */
  readonly main: string;
  readonly other: string;
  /** The same by its file's name alone: the refiner's list shows it so. */
  readonly otherBase: string;
  readonly lora: string;
  readonly styles: readonly string[];
  readonly pictures: Readonly<Record<"init" | "mask" | "reference", Buffer>>;
}

/** One screen that is generated and queued. */
export interface Case {
  readonly name: string;
  readonly tab: Tab;
  readonly needs: readonly Need[];
  /** Puts it on the screen of a fresh page, on which the small job of `SMALL` stands already. */
  set(screen: Screen, lab: Lab): Promise<void>;
  /** Options that Forge must hold before Generate: the page sends them on their own, some time after a choice. */
  holds?(lab: Lab): JsonObject;
  /** What of the oracle's file on Generate proves that the screen was set: a part of it. */
  shows(lab: Lab): JsonObject;
}

/** A job that takes seconds on a processor: what every case starts from. */
export const SMALL = {
  prompt: "a red cube on a table",
  steps: 2,
  width: 64,
  height: 64,
  seed: 7,
  cfg_scale: 5,
} as const;

export const SAMPLER = "Euler";
