import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // The end-to-end suites mostly wait for processes to start: on two cores two of them go well together.
    maxWorkers: 2,
    // Vitest begins with the projects that isolate: the long files come first, the short ones fill up the end.
    projects: [
      {
        extends: true,
        test: { name: 'end to end', include: ['test/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{src,functions,infra,examples}/**/*.test.ts'],
          // Most of what a small file costs is to load the AWS SDK and zod: a worker does it once for all its files.
          isolate: false,
        },
      },
    ],
  },
});
