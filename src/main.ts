#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --min-semi-space-size=8 --max-semi-space-size=8 --initial-old-space-size=64 --heap-growing-percent=40
// V8 is told to collect early: left alone it lets garbage grow to three times what 500 waiting clients need.
// The C library too: of its eight arenas, one for nearly every thread, each keeps what was freed in it.
import { run } from './cli/program.js';

process.exitCode = await run(process.argv.slice(2), process.env);
