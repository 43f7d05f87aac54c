import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS, REQUIRE_BANNER } from '../src/router/bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const FUNCTIONS = ['api', 'authorizer', 'invoke', 'reconcile', 's3-trigger', 'sweep'];

/** Writes each function to a folder as one ES module, `<name>.mjs`: a file that loads fast. */
export async function bundleFunctions(outDir: string) {
  const { metafile } = await build({
    ...BUNDLE_OPTIONS,
    absWorkingDir: ROOT,
    entryPoints: FUNCTIONS.map((name) => ({ in: `functions/${name}.ts`, out: name })),
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    banner: { js: REQUIRE_BANNER },
    legalComments: 'none',
    metafile: true,
  });
  return metafile;
}
