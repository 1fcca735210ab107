import { join } from 'node:path';
import test from 'ava';
import { loadTargets } from './all-targets.js';
import { runWatched } from './watched-run.js';

const placed = await loadTargets(join(import.meta.dirname, 'planted.js'));
const options = { seed: 1, inputs: 300, seconds: 120, hangMs: 2_000 };

for (const [name, kind, key] of [
  ['planted-error', 'error', /planted/],
  ['planted-rejection', 'rejection', /planted/],
  ['planted-hang', 'hang', /over 2000 ms/],
  ['planted-exit', 'crash', /ended with 7/],
  ['planted-appetite', 'memory', /ended with/],
] as const)
  test.serial(`a ${name.replace('planted-', '')} of a reader is found, with the input that called it`, async (t) => {
    const one = placed.find(({ target }) => target.name === name);
    if (!one) return t.fail('no such target');
    // A heap that fills takes its time where others work beside it.
    const hangMs = kind === 'memory' ? 60_000 : options.hangMs;
    const { findings, figures } = await runWatched(one, { ...options, hangMs });
    const [finding] = findings;
    t.is(finding?.kind, kind);
    t.regex(finding?.key ?? '', key);
    t.regex(finding?.input.toString('latin1') ?? '', /FAULT/);
    // What can be tried again is made as small as it goes.
    if (kind === 'error') t.is(finding?.input.toString('latin1'), 'FAULT');
    t.is(figures.findings, findings.length);
  });

test.serial('a sound reader gets every input and is told nothing of, the same ones for the same seed', async (t) => {
  const sound = placed.find(({ target }) => target.name === 'sound');
  if (!sound) return t.fail('no such target');
  const [one, other] = [await runWatched(sound, options), await runWatched(sound, options)];
  t.deepEqual(one.findings, []);
  t.is(one.figures.inputs, options.inputs);
  t.is(one.figures.outcomes, other.figures.outcomes);
});
