import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{src,functions,infra,examples,test}/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 60_000,
    // The end-to-end suites mostly wait for processes to start: on two cores two of them go well together.
    maxWorkers: 2,
  },
});
