import { DEMO_TITLE } from "./catalogue.ts";

/** What a browser sees at `/`. */
export const HOME_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${DEMO_TITLE}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 4rem auto; padding: 0 1rem; }
</style>
<h1>${DEMO_TITLE}</h1>
<p>This program answers like Stable Diffusion WebUI Forge, so that MobileSD Queue can be tried
without a graphics card. It draws landscapes by arithmetic: your prompt chooses the scene and the
colours, nothing more.</p>
<p>To get real pictures, start a real Forge with <code>--api</code> and name it in
<code>FORGE_URL</code>.</p>
</html>
`;
