/** What a failed read or write says to people, without the store's own path. */
export function reasonOf(error: unknown): string {
  return knownReason(error) ?? 'its disk refuses';
}

/** The same, where the error is one that disks give. */
export function knownReason(error: unknown): string | undefined {
  const told: string[] = [];
  for (let each = error; each instanceof Error && told.length < 5; each = each.cause)
    told.push(String((each as NodeJS.ErrnoException).code ?? ''), each.message);
  const text = told.join(' ');
  return reasons.find(([pattern]) => pattern.test(text))?.[1];
}

const reasons: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|No space left|is full/i, 'its disk is full'],
  [/EDQUOT|quota exceeded/i, 'the disk quota of this user is used up'],
  [/EFBIG|File too large/i, 'a file would become larger than this process may write'],
  [/EROFS|Read-only file system/i, 'its file system is read-only'],
  [/EMFILE|ENFILE|Too many open files/i, 'this process has too many files open'],
  [/EACCES|EPERM|Permission denied|not permitted/i, 'this user may not write there'],
  [/EIO|Input\/output error/i, 'its disk reports input/output errors'],
  [/ENOENT|No such file/i, 'its directory is not there any more'],
  [/Corruption/i, 'a file of it is damaged'],
];
