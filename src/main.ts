#!/usr/bin/env -S node --max-semi-space-size=8 --initial-old-space-size=48 --heap-growing-percent=40
// V8 is told to collect early: left alone it lets garbage grow to three times what 500 waiting clients need.
import { run } from './cli/program.js';

process.exitCode = await run(process.argv.slice(2), process.env);
