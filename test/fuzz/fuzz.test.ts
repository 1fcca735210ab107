import test from 'ava';
import { allTargets } from './all-targets.js';
import { readCorpus } from './corpus.js';
import { runWatched } from './watched-run.js';

/** Repeatable: the same inputs on every machine. Longer runs draw their own seed (`docs/testing.md`). */
const seed = 20_260_101;
/** Enough inputs for a minute over all targets on two cores. */
const inputs = Number(process.env['TEST_FUZZ_INPUTS'] ?? 1_500);
const hangMs = 5_000;
const atOnce = 2;

const targets = await allTargets();

/** Two at a time, whatever the number of tests that ava would begin. */
const lanes: Promise<unknown>[] = Array.from({ length: atOnce }, () => Promise.resolve());
function inLane<T>(place: number, work: () => Promise<T>): Promise<T> {
  const lane = place % atOnce;
  const run = (lanes[lane] ?? Promise.resolve()).then(work);
  lanes[lane] = run.catch(() => undefined);
  return run;
}

for (const [place, placed] of targets.entries())
  test(`whatever bytes come, ${placed.target.name} reads or refuses them, soon and in little memory`, async (t) => {
    t.timeout(600_000);
    const { figures, findings } = await inLane(place, () => runWatched(placed, { seed, inputs, seconds: 300, hangMs }));
    // How long the loop was held says more of the machine than of the reader here: the longer runs tell that.
    const failures = findings.filter(({ kind }) => kind !== 'slow');
    for (const { kind, key, detail, input } of failures)
      t.fail(`${kind}: ${key}\n${detail}\ninput in base64: ${input.toString('base64').slice(0, 2000)}`);
    t.true(failures.length > 0 || figures.inputs >= inputs, 'every input was run');
    t.true(figures.outcomes > 1, 'inputs fared in different ways: some were read');
  });

test('every target has a name of its own and a seed', (t) => {
  t.is(new Set(targets.map(({ target }) => target.name)).size, targets.length);
  t.true(targets.length >= 30);
  for (const { target } of targets) t.true(target.seeds.length > 0 && readCorpus(target.name).length >= 0, target.name);
});
