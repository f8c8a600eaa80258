#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";

// The box's memory is Forge's. The engine would let short-lived things pile up to 32 MB in each thread, and trade
// memory for speed; an agent waits most of the time. Set before anything is loaded.
setFlagsFromString("--semi-space-growth-factor=1");
setFlagsFromString("--optimize-for-size");
await import("../dist/cli.js");
