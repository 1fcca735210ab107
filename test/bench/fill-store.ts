import { createHash } from 'node:crypto';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { makeNupkg } from '../support/nupkg.js';
import { keep } from '../support/sample-package.js';
import { filledPackage } from './filled-package.js';

/*
 * A process of its own: fills the store named by its first argument with as many packages as the second says, all with the source `origin` and
 * with as much beside their nuspec as the third says in bytes, says `filled` and waits to be killed.
 */
const [path = '', count = '0', fillerBytes = '0'] = process.argv.slice(2);
const inParallel = 64;

const store = await openLevelStore(path, { now: Date.now });
let next = 0;
await Promise.all(Array.from({ length: inParallel }, lane));
process.stdout.write('filled\n');
setInterval(() => undefined, 60_000);

async function lane(): Promise<void> {
  while (next < Number(count)) {
    const number = next++;
    const { id, version } = filledPackage(number);
    const bytes = makeNupkg({ id, version, ...(fillerBytes !== '0' && { fillerBytes: Number(fillerBytes) }) });
    const sha512 = createHash('sha512').update(bytes).digest('base64');
    const identity = PackageIdentity.parse(id, version);
    await keep(store.packages, { bytes, facts: { identity, source: 'origin', sha512, cachedAtMs: Date.now() } });
  }
}
