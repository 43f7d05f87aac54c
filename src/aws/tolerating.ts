type ErrorClass = abstract new (...args: never[]) => Error;

/** Makes a call whose `expected` errors say that what it is to bring about is so already. */
export async function tolerating(
  expected: ErrorClass | ErrorClass[],
  call: () => Promise<unknown>,
): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (![expected].flat().some((type) => error instanceof type)) throw error;
  }
}
