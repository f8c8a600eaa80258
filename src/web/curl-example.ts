import { button, copyText, element } from "./dom.ts";

/** A first job for a shell beside the queue: `owner.json` lies where `npm start` ran. */
function curlCommand(origin: string, serverAlias: string): string {
  const job = {
    app_type: "forge",
    target_server_alias: serverAlias,
    generation_params: {
      positive_prompt: "a lighthouse on a cliff at dusk",
      checkpoint_name: "Pony/cyberrealisticPony_v8.safetensors",
      width: 832,
      height: 1216,
      steps: 20,
      cfg_scale: 6,
      sampler_name: "Euler a",
    },
  };
  const bearer = `$(node -p 'const o = require("./.mobilesd/owner.json"); o.key + "." + o.secret')`;
  return [
    `curl ${origin}/api/v2/generate \\`,
    `  -H "Authorization: Bearer ${bearer}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify(job, null, 2)}'`,
  ].join("\n");
}

/** What stands where the jobs will be, as long as there is none. */
export function emptyQueue(origin: string, serverAlias: string): HTMLElement {
  const command = curlCommand(origin, serverAlias);
  return element(
    "section",
    { class: "empty" },
    element("h2", {}, "No jobs yet"),
    element("p", {}, "Queue the first picture from a terminal, in the folder of this queue:"),
    element("pre", { tabindex: "0" }, element("code", {}, command)),
    button("Copy command", "primary", () => copyText(command, "Command")),
    element(
      "p",
      { class: "hint" },
      "It appears here by itself. To queue from Forge instead, press “Connect Forge”.",
    ),
  );
}
