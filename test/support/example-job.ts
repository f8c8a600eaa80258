import type * as z from "zod";
import type { SubmitJob } from "@mobilesd/contract";
import { PONY } from "./example-catalogue.ts";

type Input = z.input<typeof SubmitJob>;

/** The seed's own request for a server. */
export function exampleJob(alias: string, changes: Partial<Input> = {}): Input {
  return {
    app_type: "forge",
    target_server_alias: alias,
    priority: 5,
    generation_params: exampleParams(),
    source_info: "test",
    ...changes,
  };
}

export function exampleParams(
  changes: Partial<NonNullable<Input["generation_params"]>> = {},
): NonNullable<Input["generation_params"]> {
  return {
    positive_prompt: "a lighthouse at dusk",
    negative_prompt: "fog",
    checkpoint_name: PONY,
    width: 512,
    height: 768,
    steps: 20,
    cfg_scale: 7,
    sampler_name: "DPM++ 2M",
    restore_faces: false,
    scheduler_or_quality_preset: "Karras",
    ...changes,
  };
}
