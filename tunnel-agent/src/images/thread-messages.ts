import type { Asked } from "../job/after/asked.ts";
import type { Result } from "../job/after/read-result.ts";
import type { LivePicture } from "./live-picture.ts";

/** What the thread for pictures is asked. Pictures in `asked.request` are left out; `answer` is handed over. */
export type ThreadRequest =
  | {
      readonly type: "judge";
      readonly id: number;
      readonly asked: Asked;
      readonly answer: Uint8Array<ArrayBuffer>;
    }
  | { readonly type: "shrink"; readonly id: number; readonly dataUri: string };

/** A finished picture of an answer that is still judged: it goes on to who watches before the rest is done. */
export interface ThreadShow {
  readonly type: "show";
  readonly id: number;
  readonly index: number;
  readonly picture: LivePicture;
}

/** Its answer. Buffers come out of it as plain bytes, handed over. */
export type ThreadAnswer =
  | { readonly type: "judge"; readonly id: number; readonly result: Result }
  | { readonly type: "shrink"; readonly id: number; readonly picture: LivePicture | null };
