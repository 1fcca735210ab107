import { paths } from '../../support/scripted-documents.js';
import { plainBody } from '../../support/scripted-reply.js';
import type { MatrixFault } from './fault.js';

const dayMs = 86_400_000;
/** What a source's index says counts for ten minutes. */
const indexLifetimeMs = 11 * 60_000;

/** The service index of every source says something else. */
const indexed = (name: string, change: (text: string) => string): MatrixFault => ({
  name,
  overAfterMs: indexLifetimeMs,
  begin: ({ cells }) =>
    cells.forEach(({ source }) =>
      source.fault(new RegExp(`^/${paths.index}$`), (reply) => ({
        ...{ status: 200, headers: { 'content-type': 'application/json' } },
        body: change(plainBody(reply).toString()),
      })),
    ),
  end: ({ cells }) => cells.forEach(({ source }) => source.clearFaults()),
});

const clock = (name: string, ms: number): MatrixFault => ({
  name,
  begin: (world) => world.clock.jump(ms),
  end: (world) => world.clock.jump(-ms),
});

/** Long enough ago to be doubted, not so long that it is read again anyway. */
const indexAgeMs = 60_000;

/** What changes around answers that are right by themselves. */
export const surroundingFaults: readonly MatrixFault[] = [
  {
    name: 'the service index names other places, and nothing is where it was',
    overAfterMs: indexLifetimeMs,
    begin: ({ cells }) => cells.forEach(({ source }) => source.moveTo('moved/')),
    end: ({ cells }) => cells.forEach(({ source }) => source.moveTo('')),
  },
  {
    name: 'other places, while an index that was read before still counts',
    ...{ indexAgeMs, overAfterMs: indexLifetimeMs },
    begin: ({ cells }) => cells.forEach(({ source }) => source.moveTo('moved/')),
    end: ({ cells }) => cells.forEach(({ source }) => source.moveTo('')),
  },
  {
    name: '404 to everything, as of a server that lost its application',
    begin: ({ cells }) => cells.forEach(({ source }) => source.fault('', { status: 404 })),
    end: ({ cells }) => cells.forEach(({ source }) => source.clearFaults()),
  },
  {
    name: '404 to everything, while an index that was read before still counts',
    indexAgeMs,
    begin: ({ cells }) => cells.forEach(({ source }) => source.fault('', { status: 404 })),
    end: ({ cells }) => cells.forEach(({ source }) => source.clearFaults()),
  },
  indexed('a service index that offers nothing', () => '{"version":"3.0.0","resources":[]}'),
  indexed('a service index that leads to a name that does not exist', (text) =>
    text.replaceAll(/http:\/\/127\.0\.0\.1:\d+\//g, 'http://no-such-host.invalid/'),
  ),
  indexed('a service index of version 2', (text) => text.replace('"3.0.0"', '"2.0.0"')),
  clock('the wall clock set forward a day', dayMs),
  clock('the wall clock set back a day', -dayMs),
];
