// A server that is told to stop: its `closed` settles as the first argument says, once a line arrives on standard input.
import { createServer } from 'node:http';
import { untilStopped } from '../../../src/ops/lifecycle.js';

const [ending] = process.argv.slice(2);
const server = createServer().listen(0, '127.0.0.1');
let settle: () => void = () => {};
const closed = new Promise<void>((resolve, reject) => {
  settle = ending === 'breaks' ? () => reject(new Error('broke')) : resolve;
});
process.stdin.once('data', () => settle());
const shutdown = async () => {
  console.log('draining');
  if (ending === 'fails') throw new Error('could not drain');
  server.close();
  await closed;
};
try {
  const stopped = untilStopped({ closed, shutdown }, (signal) => console.log(signal));
  console.log('ready');
  await stopped;
  console.log('stopped');
  process.exit(0);
} catch (error) {
  console.log(String(error));
  process.exit(1);
}
