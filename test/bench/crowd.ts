import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';

/*
 * A process of its own: as many clients as the first argument says, each with a connection of its own, ask for the second at the same moment
 * and compare what comes with the file named by the third. Prints one line of JSON: how many got every byte, and how long it took.
 */
const [clients = '0', address = '', file = ''] = process.argv.slice(2);
const original = await readFile(file);
const { origin, pathname } = new URL(address);
const agent = new Agent({ connections: Number(clients), headersTimeout: 300_000, bodyTimeout: 300_000 });

const startedAtMs = performance.now();
const answers = await Promise.allSettled(Array.from({ length: Number(clients) }, isWhole));
const seconds = (performance.now() - startedAtMs) / 1000;
const whole = answers.filter((answer) => answer.status === 'fulfilled' && answer.value).length;
const [failure] = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason)] : []));
process.stdout.write(`${JSON.stringify({ whole, seconds, failure })}\n`);
await agent.destroy();

async function isWhole(): Promise<boolean> {
  const { statusCode, body } = await agent.request({ origin, path: pathname, method: 'GET' });
  let [length, isEqual] = [0, statusCode === 200];
  for await (const piece of body as AsyncIterable<Buffer>) {
    isEqual &&= piece.equals(original.subarray(length, length + piece.length));
    length += piece.length;
  }
  return isEqual && length === original.length;
}
