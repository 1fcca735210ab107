import type { Config } from '../config/schema.js';
import { StoreInUseError } from '../feed/store.js';

/** One line for a person on why the server did not start or broke off: the thing, and the next step. */
export function startFailure(error: unknown, config: Config): string {
  const causes = [...causesOf(error)];
  const inUse = causes.find((cause) => cause instanceof StoreInUseError);
  if (inUse) return `${inUse.message}. Stop that process, or choose another folder with --data or store.path`;
  for (const cause of causes) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (code === undefined) continue;
    const line =
      syscall === 'listen' || syscall === 'getaddrinfo'
        ? listenFailure(code, config)
        : storeFailure(code, cause, config);
    if (line !== undefined) return line;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function* causesOf(error: unknown): Generator<Error> {
  for (let cause = error; cause instanceof Error; cause = cause.cause) yield cause;
}

function listenFailure(code: string, { listen: { host, port } }: Config): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `${host}:${port} is in use by another process. Stop it, or choose another port with --port or listen.port`;
    case 'EACCES':
      return `this user may not listen on ${host}:${port}. Choose a port above 1023 with --port or listen.port`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine. Choose one with --host or listen.host (0.0.0.0 is all)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} cannot be resolved. Write an address with --host or listen.host`;
    default:
      return undefined;
  }
}

function storeFailure(code: string, cause: Error, { store: { path } }: Config): string | undefined {
  const next = 'choose another folder with --data or store.path';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `the store's folder ${path} cannot be written (${code}). Give this user the right to write there, or ${next}`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `the store's path ${path} is no folder (${code}). Move the file away that is in its place, or ${next}`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `there is no room left on the disk of the store's folder ${path} (${code}). Free some, or ${next}`;
    // LevelDB tells what the system said in the text only.
    case 'LEVEL_IO_ERROR':
    case 'LEVEL_CORRUPTION':
      return `the store in ${path} cannot be opened: ${cause.message}. Look at that folder's rights and disk, or ${next}`;
    default:
      return undefined;
  }
}
