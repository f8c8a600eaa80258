import { expect, it } from "vitest";
import { faultsOf } from "./sentence.ts";

it.each([
  ['Forge used the sampler "DPM++ 2M" instead of "Euler".', "sampler_name"],
  ['This server has no sampler "Euler A"; it has "Euler a"', "sampler_name"],
  ["The server ran out of memory. Choose a smaller picture.", null],
])("%s is a sentence", (sentence, field) => {
  expect(faultsOf(sentence, field)).toEqual([]);
});

it.each([
  ["sampler not found on this server", "sampler_name"],
  ["No such sampler", "sampler_name"],
  ["Something else was used than asked for.", "sampler_name"],
  ["Forge stopped with an error: Traceback (most recent call last)", null],
  ["Forge stopped with an error: at run (file.js:12:3)", null],
  ["Forge cannot read the file /home/anna/forge/models/a.safetensors", null],
  ["Forge cannot read the file C:\\forge\\models\\a.safetensors", null],
  [`Forge refused the request: ${"iVBORw0KGgo".repeat(9)}`, null],
  ["Forge stopped with an error: TypeError", null],
  ["Forge stopped with an error: 'NoneType' object has no attribute", null],
])("%s is none", (sentence, field) => {
  expect(faultsOf(sentence, field)).toHaveLength(1);
});
