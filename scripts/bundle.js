// Writes what is shipped: `dist/main.js` and the few pieces that it loads when they are wanted. Reading 500 modules one by one is half of a
// start's time. `node scripts/bundle.js [FOLDER]`
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

const root = dirname(import.meta.dirname);
const folder = process.argv[2] ?? join(root, 'dist');

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  // LevelDB's binary is found from where its package lies.
  external: ['level'],
  sourcemap: 'linked',
  sourcesContent: false,
  // What is bundled and is no ES module calls `require` for Node's own modules.
  banner: {
    js: "import { createRequire as requireOf } from 'node:module';\nconst require = requireOf(import.meta.url);",
  },
  write: false,
});

// Each in its place at once, the first to be read last: somebody may start what lies there meanwhile.
const isEntry = (path) => basename(path) === 'main.js';
await mkdir(folder, { recursive: true });
for (const { path, contents } of outputFiles.toSorted((a, b) => isEntry(a.path) - isEntry(b.path))) {
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, contents);
  if (isEntry(path)) await chmod(unfinished, 0o755);
  await rename(unfinished, path);
}
const written = new Set(outputFiles.map(({ path }) => basename(path)));
for (const name of await readdir(folder))
  if (!written.has(name) && !/\.\d+$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
