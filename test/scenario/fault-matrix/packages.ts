import { makeNupkg } from '../../support/nupkg.js';
import type { Reply } from '../../support/scripted-reply.js';
import type { Fault } from '../../support/scripted-source.js';
import { flipped } from './encodings.js';
import { askedOf, asked, notForDocuments } from './fault.js';
import type { MatrixFault } from './fault.js';

const forPackages = { notFor: notForDocuments };
/** Nothing but the package itself tells what its bytes must be. */
const unpublished = { ...forPackages, traits: { catalog: false } };

const altered =
  (alter: (bytes: Buffer) => Buffer) =>
  ({ status, headers, body }: Reply): Fault => ({ status, headers, body: alter(body) });

const flippedInNuspec = altered((bytes) => {
  const name = bytes.indexOf('.nuspec');
  return flipped(bytes, name + '.nuspec'.length + 40);
});
const withGarbage = altered((bytes) => Buffer.concat([bytes, Buffer.alloc(4_096, 'x')]));

/** What goes wrong in the bytes of a package that arrives whole. */
export const packageFaults: readonly MatrixFault[] = [
  askedOf(
    "another version's bytes",
    ({ resource: { id } }) => ({ status: 200, body: makeNupkg({ id, version: '9.9.9', fillerBytes: 300_000 }) }),
    unpublished,
  ),
  asked("another package's bytes", 'wrong package', unpublished),
  asked(
    'one bit flipped, the right hash published',
    altered((bytes) => flipped(bytes)),
    forPackages,
  ),
  asked(
    'one bit flipped, no hash published',
    altered((bytes) => flipped(bytes)),
    unpublished,
  ),
  asked('a bit of the nuspec flipped, the right hash published', flippedInNuspec, forPackages),
  asked('a bit of the nuspec flipped, no hash published', flippedInNuspec, unpublished),
  asked('garbage behind the zip, the right hash published', withGarbage, forPackages),
  asked('garbage behind the zip, no hash published', withGarbage, unpublished),
];
