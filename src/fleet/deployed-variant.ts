import type { DataCaptureConfig } from '../endpoint-configs/data-capture-config.ts';
import type { GivenLimits } from '../endpoint-configs/invocation-limits.ts';
import type { ModelDefinition } from '../models/model-record.ts';

/** The part of a variant that a fleet runs: a copy of the model, so that deleting it is harmless. */
export interface DeployedVariant extends GivenLimits {
  name: string;
  modelName: string;
  model: ModelDefinition;
  instanceType: string;
  instanceCount: number;
  weight: number;
  routing: 'RANDOM' | 'LEAST_OUTSTANDING_REQUESTS';
  provisionTimeoutSeconds: number;
  downloadTimeoutSeconds: number;
  startupTimeoutSeconds: number;
  /** The same for every variant of a configuration. */
  dataCapture?: DataCaptureConfig | undefined;
}
