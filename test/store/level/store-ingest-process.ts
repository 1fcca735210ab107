import { createHash, randomBytes } from 'node:crypto';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';

/*
 * A process of its own for tests: opens the store named by its first argument, says `open`, then takes in packages in four lanes until
 * it is killed, saying `<id> <version> <sha512>` for each one that was acknowledged. With `idle` as second argument it only holds the store;
 * with `churn` the store is small, so that it evicts all the time: everything but each lane's every twentieth package.
 */
const [path, mode] = process.argv.slice(2);
const isChurning = mode === 'churn';
const store = await openLevelStore(path!, {
  now: Date.now,
  owner: { url: 'http://127.0.0.1:6848' },
  ...(isChurning && { maxBytes: 16 * 1024 * 1024, generationBytes: 1024 * 1024 }),
});
if (isChurning) store.evictWhere(async ({ identity }) => !identity.version.key.endsWith('00'));
process.stdout.write('open\n');

if (mode === 'idle') setInterval(() => undefined, 60_000);
else await Promise.all([0, 1, 2, 3].map((lane) => ingest(lane)));

async function ingest(lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    const identity = PackageIdentity.parse(`Lane${lane}.P${process.pid}`, `1.0.${n % 20 === 0 ? `${n + 1}00` : n}`);
    const incoming = store.packages.begin();
    const hash = createHash('sha512');
    for (let left = (n * 37_123 + lane * 400_000) % (isChurning ? 500_000 : 2_000_000); left > 0; left -= 65_536) {
      const piece = randomBytes(Math.min(left, 65_536));
      hash.update(piece);
      await incoming.append(piece);
    }
    const sha512 = hash.digest('base64');
    await incoming.commit({ identity, source: 'test', sha512, cachedAtMs: 0 });
    process.stdout.write(`${identity.id.text} ${identity.version.text} ${sha512}\n`);
  }
}
