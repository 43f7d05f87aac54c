import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** What main.ts loads when a command needs it, and the file that holds it beside `serve`. */
const COMMANDS = [
  { imported: './serve-command.ts', output: 'router' },
  { imported: '../loader/main.ts', output: 'loader' },
  { imported: '../batch/main.ts', output: 'batch' },
  { imported: '../capture/main.ts', output: 'capture' },
  { imported: '../relay/main.ts', output: 'relay' },
];

/** Leaves the commands out of `serve`, so that a health check does not read them. */
const commandsBeside: Plugin = {
  name: 'commands-beside',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ path }) => {
      const command = COMMANDS.find(({ imported }) => imported === path);
      return command && { path: `./${command.output}.js`, external: true };
    });
  },
};

/** How everything that runs by itself on Node 24 is bundled. */
export const BUNDLE_OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The ES module builds of the AWS SDK can be shaken, its CommonJS ones cannot.
  mainFields: ['module', 'main'],
  logLevel: 'error',
} as const satisfies BuildOptions;

/** The CommonJS packages in the bundles require Node's modules. */
export const REQUIRE_BANNER =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Writes what the router's image holds to a folder: `serve` (executable: `./serve serve`, `./serve
 * load`, `./serve batch`, `./serve health`, `./serve relay`), `router.js`, `loader.js`, `batch.js`,
 * `capture.js`, `relay.js`, and the package.json that makes them ES modules.
 */
export async function bundleRouter(outDir: string): Promise<void> {
  const source = (path: string): string => join(import.meta.dirname, path);
  await Promise.all([
    build({
      ...BUNDLE_OPTIONS,
      outdir: outDir,
      entryPoints: { serve: source('main.ts') },
      plugins: [commandsBeside],
    }),
    // No plugin here: asking it about every import would cost a quarter of the time.
    build({
      ...BUNDLE_OPTIONS,
      outdir: outDir,
      entryPoints: COMMANDS.map(({ imported, output }) => ({ in: source(imported), out: output })),
      banner: { js: REQUIRE_BANNER },
    }),
  ]);
  await writeFile(join(outDir, 'package.json'), '{"type":"module"}\n');
  await rename(join(outDir, 'serve.js'), join(outDir, 'serve'));
  await chmod(join(outDir, 'serve'), 0o755);
}
