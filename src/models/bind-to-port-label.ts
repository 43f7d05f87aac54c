import { logEvent } from '../aws/log.ts';
import { ValidationException } from '../protocol/errors.ts';
import type { Services } from '../protocol/operation.ts';
import type { ContainerDefinition } from './container-definition.ts';

const LABEL = 'com.amazonaws.sagemaker.capabilities.accept-bind-to-port';

/**
 * Every image of a pipeline has to say that it listens on the port it is told (reference section 2.3).
 * Images that cannot be looked at now are taken at their word.
 * @throws ValidationException with SageMaker's text; or warns, as the stack is set
 */
export async function checkBindToPortLabel(
  containers: ContainerDefinition[],
  { config, imageLabels }: Pick<Services, 'config' | 'imageLabels'>,
): Promise<void> {
  if (imageLabels === undefined || containers.length < 2) return;
  for (const image of new Set(containers.map(({ Image }) => Image))) {
    const labels = await imageLabels(image);
    if (labels === undefined || labels[LABEL] === 'true') continue;
    const problem = `Your Ecr Image ${image} does not contain required ${LABEL}=true Docker label(s).`;
    if (config.bindToPortLabel === 'require') throw new ValidationException(problem);
    logEvent('warn', { event: 'label-missing', image, problem });
  }
}
