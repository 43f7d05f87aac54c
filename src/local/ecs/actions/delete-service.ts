import * as z from 'zod';
import { AwsError } from '../../logs/index.ts';
import { action } from '../action.ts';
import { clusterName } from '../inputs.ts';
import { requireCluster, requireService, tasksOf } from '../lookups.ts';
import { serviceView } from '../views.ts';

/** ACTIVE → DRAINING; the scheduler makes it INACTIVE when its last task is gone. */
export const deleteService = action(
  z.object({ cluster: clusterName, service: z.string(), force: z.boolean().default(false) }),
  (ecs, input) => {
    const service = requireService(ecs, requireCluster(ecs, input.cluster), input.service);
    if (service.status === 'INACTIVE') {
      throw new AwsError('ServiceNotFoundException', 'Service not found.');
    }
    if (!input.force && service.desiredCount > 0) {
      throw new AwsError(
        'InvalidParameterException',
        'The service cannot be stopped while it is scaled above 0.',
      );
    }
    const draining = { ...service, status: 'DRAINING' as const, desiredCount: 0 };
    ecs.state.services.put(service.serviceArn, draining);
    ecs.scheduler.wake(service.serviceArn);
    return { service: serviceView(draining, tasksOf(ecs, draining)) };
  },
);
