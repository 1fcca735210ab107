import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** @throws while the disk below `path` would not take `neededBytes` more */
export async function probeDisk(path: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < neededBytes)
    throw new Error(`the disk of ${path} is full: ${bavail * bsize} bytes are free, ${neededBytes} needed`);
  const probe = join(path, 'probe.tmp');
  const file = await open(probe, 'w');
  try {
    // To its last byte: a disk that is full takes a part without a word.
    await file.writeFile(Buffer.alloc(65_536));
    await file.sync();
  } finally {
    await file.close();
    await rm(probe, { force: true });
  }
}
