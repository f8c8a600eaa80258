import type { ResolvedParams, Size } from "@mobilesd/contract";
import type { ForgeRequest } from "../request/payload.ts";
import type { Answer } from "./answer-info.ts";
import type { InfotextLine } from "./infotext.ts";

/** What an answer is held against. */
export interface Asked {
  readonly params: ResolvedParams;
  /** What was sent. Pictures in it are objects, and not for reading. */
  readonly request: Pick<ForgeRequest, "body" | "overrides">;
  /** The model that must have run; `hash` with Forge's ten digits where they are known. */
  readonly checkpoint: { readonly basename: string; readonly hash: string | null };
  /** The size of the input picture, where there is one. */
  readonly inputSize: Size | null;
  /** Whether this Forge writes infotexts into pictures. */
  readonly writesInfotext: boolean;
  /** Names of the embeddings that this Forge has, for whichever kind of model. */
  readonly embeddings: readonly string[];
}

/** What an answer says of its results. */
export interface Evidence {
  readonly asked: Asked;
  readonly answer: Answer;
  /** The parameters of each result, as its own infotext has them. */
  readonly lines: readonly InfotextLine[];
  /** Pictures behind the grids that are no results: control maps. */
  readonly otherCount: number;
  /** Whether results had to be told by their place, as some have lost their text to a script. */
  readonly hasLostTexts: boolean;
}
