import * as z from "zod";
import type { ForgeClient } from "./client.ts";

/** The GPU's memory, that of other programs included. */
export interface GpuMemory {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

const Memory = z.object({
  cuda: z.object({ system: z.object({ free: z.number().min(0), total: z.number() }) }),
});

/** How full the GPU's memory is; null where Forge has no GPU, or does not tell. Throws when it is out of reach. */
export async function readGpuMemory(forge: ForgeClient): Promise<GpuMemory | null> {
  const { success, data } = Memory.safeParse((await forge.get("/sdapi/v1/memory")).body);
  if (!success) return null;
  const { free, total } = data.cuda.system;
  return { freeBytes: free, totalBytes: total };
}
