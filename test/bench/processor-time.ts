import { readFile } from 'node:fs/promises';

/** USER_HZ, which Linux fixes for all that read `/proc`. */
const ticksPerSecond = 100;

/** Time that a process and all its threads have had of the processors, in microseconds (`/proc/PID/stat`: steps of 10 ms). */
export async function processorUs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which may hold spaces: state is the 3rd field, utime the 14th, stime the 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}
