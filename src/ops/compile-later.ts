import { setFlagsFromString } from 'node:v8';

/*
 * V8 before 12 (Node 20) hands a function to its optimizing compiler after little use: of a restore through a process that has just begun,
 * a fifth of the processor time went there, for code that runs a few hundred times. With eight times its default patience the same restore
 * costs a quarter less, and what is really hot is optimized all the same. Later versions have a compiler in between and do well by themselves.
 */
const lastHasty = 11;
if (Number.parseInt(process.versions.v8, 10) <= lastHasty) setFlagsFromString('--interrupt-budget=528000');
