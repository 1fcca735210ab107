/**
 * Whether LevelDB says that its files are damaged: not that it may not read them, or that another has them open. A file that is not there
 * is damage too, as LevelDB opens only files of which others of its files speak, and so is a table that is shorter than they say.
 */
export function isCorruption(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { readonly code?: string };
    if (code === 'LEVEL_CORRUPTION') return true;
    if (code === 'LEVEL_IO_ERROR' && lostOrCut.test(each.message)) return true;
  }
  return false;
}

const lostOrCut = /: No such file or directory$|\.(ldb|sst): Invalid argument$/;
