import { expect, test, vi } from 'vitest';
import { checkBindToPortLabel } from './bind-to-port-label.ts';

const LABEL = 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port';

function check(images: string[], labels: Record<string, string> | undefined, warn = false) {
  const services = {
    config: { bindToPortLabel: warn ? 'warn' : 'require' } as never,
    imageLabels: async () => labels,
  };
  return checkBindToPortLabel(
    images.map((Image) => ({ Image })),
    services,
  );
}

test('the image of a pipeline must have the label', async () => {
  await expect(check(['a', 'b'], { [LABEL]: 'false' })).rejects.toMatchObject({
    code: 'ValidationException',
    message: `Your Ecr Image a does not contain required ${LABEL}=true Docker label(s).`,
  });
});

test.each([
  ['has it', ['a', 'b'], { [LABEL]: 'true' }],
  ['is alone', ['a'], {}],
  ['cannot be looked at', ['a', 'b'], undefined],
])('an image that %s is taken', async (_, images, labels) => {
  await expect(check(images, labels)).resolves.toBeUndefined();
});

test('a stack may only warn', async () => {
  const warning = vi.spyOn(console, 'error').mockReturnValue();

  await check(['a', 'a'], {}, true);

  expect(warning).toHaveBeenCalledOnce();
  expect(warning.mock.calls[0]?.[0]).toContain(LABEL);
  warning.mockRestore();
});

test('where images cannot be looked at, as on AWS, nothing is checked', async () => {
  const config = { bindToPortLabel: 'require' } as never;

  await expect(
    checkBindToPortLabel([{ Image: 'a' }, { Image: 'b' }], { config }),
  ).resolves.toBeUndefined();
});
