import { makeNupkg } from '../../support/nupkg.js';
import type { Reply } from '../../support/scripted-reply.js';
import type { Fault, FaultOf } from '../../support/scripted-source.js';
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

/** The first request breaks off in the middle; what is asked for after that gets this. */
function thenRest(rest: FaultOf): () => Fault {
  return () => {
    let count = 0;
    return (reply, path) => (count++ === 0 ? 'reset mid-body' : rest(reply, path));
  };
}
const resumable = { ...forPackages, traits: { ranges: true } };
const partly = (change: (reply: Reply) => Partial<Reply>): FaultOf => {
  return (reply) => ({ ...reply, ...change(reply) });
};

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
  askedOf(
    'half, then a reset, then the rest',
    thenRest(() => undefined),
    resumable,
  ),
  askedOf('half, then a reset, then a rest of other bytes', thenRest(partly(({ body }) => ({ body: flipped(body) }))), {
    ...resumable,
    traits: { ranges: true, catalog: false },
  }),
  askedOf(
    'half, then a reset, then a rest from another place',
    thenRest(
      partly(({ headers, body }) => ({
        headers: { ...headers, 'content-range': `bytes 0-${body.length - 1}/${body.length * 2}` },
      })),
    ),
    resumable,
  ),
  askedOf(
    "half, then a reset, then another package's rest",
    thenRest(() => 'wrong package'),
    resumable,
  ),
  askedOf('half, then a reset, then half of the rest, again and again', () => () => 'reset mid-body', resumable),
];
