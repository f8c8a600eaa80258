import { expect, it } from "vitest";
import { takeOutDeadIds } from "./dead-ids.ts";

const DEAD = ["task(img2img-AAAAAAA)", "task(img2img-BBBBBBB)"];

it("ids that waited before the run stand in no list of the run", () => {
  expect(takeOutDeadIds({ size: 3, tasks: [...DEAD, "task(a)"] }, DEAD)).toEqual({
    size: 1,
    tasks: ["task(a)"],
  });
});

it("ids that waited before the run count in no place of a waiting job", () => {
  const waiting = { active: false, queued: true, textinfo: "In queue: 3/4" };
  expect(takeOutDeadIds(waiting, DEAD)).toEqual({ ...waiting, textinfo: "In queue: 1/2" });
  const running = { active: true, textinfo: null };
  expect(takeOutDeadIds(running, DEAD)).toEqual(running);
});
