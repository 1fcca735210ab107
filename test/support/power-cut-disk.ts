import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function run(command: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.toString().trim()}`);
}

/**
 * A disk whose power can be cut: an ext4 file system in a file. What was not synced is in the kernel's memory only and not in that file,
 * so a copy of the file is what a disk would have had when the power went.
 */
export class PowerCutDisk {
  /** Where its files are. */
  readonly path: string;
  readonly #image: string;
  #isMounted = false;

  private constructor(private readonly folder: string) {
    this.path = join(folder, 'disk');
    this.#image = join(folder, 'image');
  }

  /** @throws Error when this machine or user cannot do that */
  static create(megabytes: number): PowerCutDisk {
    const disk = new PowerCutDisk(mkdtempSync(join(tmpdir(), 'larder-power-')));
    try {
      mkdirSync(disk.path);
      run('truncate', '-s', `${megabytes}M`, disk.#image);
      run('mkfs.ext4', '-q', '-F', disk.#image);
      disk.#mount();
      return disk;
    } catch (error) {
      disk.remove();
      throw error;
    }
  }

  /** Everything not synced is lost. Processes that use the disk must stand still while `cut`, and have ended when it is used again. */
  async cut(endProcesses: () => Promise<void>): Promise<void> {
    const rest = `${this.#image}.rest`;
    run('cp', '--sparse=always', this.#image, rest);
    await endProcesses();
    this.#unmount();
    await rename(rest, this.#image);
    this.#mount();
  }

  /** As when the disk itself fails: ext4 turns read-only at once, whoever writes at the moment. */
  abort(): void {
    run('mount', '-o', 'remount,abort', this.path);
  }

  /** Repaired and writable again, after `abort`. Nobody may use it meanwhile. */
  repair(): void {
    this.#unmount();
    // 1: errors were corrected.
    const { status, stderr } = spawnSync('e2fsck', ['-fy', this.#image]);
    if (status !== 0 && status !== 1) throw new Error(`e2fsck: ${stderr.toString()}`);
    this.#mount();
  }

  remove(): void {
    if (this.#isMounted) this.#unmount();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #mount(): void {
    // No commits but those that are asked for: while the file is copied nothing may move in it.
    run('mount', '-o', 'loop,commit=600', this.#image, this.path);
    this.#isMounted = true;
  }

  #unmount(): void {
    run('umount', this.path);
    this.#isMounted = false;
  }
}

/** Why there can be no such disk here; `undefined` when there can. */
export function noPowerCuts(): string | undefined {
  try {
    PowerCutDisk.create(16).remove();
    return undefined;
  } catch (error) {
    return (error as Error).message.split('\n')[0];
  }
}
