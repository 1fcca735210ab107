const maxTries = 600;

/**
 * A smaller input that fails in the same way: chunks are taken out, half of the input first and single bytes last, as long as it still does.
 *
 * @param stillFails must bear any input
 */
export async function minimise(input: Buffer, stillFails: (input: Buffer) => Promise<boolean>): Promise<Buffer> {
  let smallest = input;
  let tries = 0;
  for (let chunk = smallest.length >> 1; chunk > 0; chunk >>= 1)
    for (let at = 0; at < smallest.length;) {
      if (++tries > maxTries) return smallest;
      const candidate = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + chunk)]);
      if (await stillFails(candidate)) smallest = candidate;
      else at += chunk;
    }
  return smallest;
}
