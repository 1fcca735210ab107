import type { Fault } from '../../support/scripted-source.js';
import { asked, askedOf } from './fault.js';
import type { MatrixFault } from './fault.js';

const redirect = (location: string): Fault => ({ status: 302, headers: { location } });

/** Answers that lead elsewhere. */
export const redirectFaults: readonly MatrixFault[] = [
  asked('a redirect that is right', (_, path) =>
    path.includes('again') ? undefined : redirect(`${path}${path.includes('?') ? '&' : '?'}again`),
  ),
  asked('a redirect in a circle', (_, path) => redirect(path)),
  asked('a redirect without an address', { status: 302 }),
  // Nothing listens on port 1 of this machine.
  asked('a redirect to a host that refuses', redirect('http://127.0.0.1:1/')),
  asked('a redirect to a name that does not exist', redirect('http://no-such-host.invalid/')),
  asked('a redirect to a name where nothing listens', redirect('http://localhost:1/')),
  asked('a redirect to file:', redirect('file:///etc/hostname')),
  asked('a redirect to javascript:', redirect('javascript:alert(1)')),
  askedOf(
    'a redirect from https to http',
    ({ source }) =>
      (_, path) =>
        redirect(`http://127.0.0.1:${source.port}${path}`),
    { way: 'tls' },
  ),
];
