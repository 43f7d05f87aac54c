import { HOST_NAME } from '../models/container-definition.ts';
import { structure, text } from '../protocol/shape.ts';
import { jobTemplateShape } from '../transforms/job-shape.ts';

/** A job's name is the trigger's, a hyphen and 20 characters; it may have 63. */
const LONGEST_NAME = 42;

export const transformTriggerName = text({ min: 1, max: LONGEST_NAME, pattern: HOST_NAME });

export const transformTriggerShape = structure({
  TransformTriggerName: transformTriggerName,
  Bucket: text({ min: 3, max: 63, pattern: '[a-z0-9][a-z0-9.-]*' }),
  /** Which keys: those that begin and end so. Both may be empty. */
  Prefix: text({ max: 1024 }).optional(),
  Suffix: text({ max: 1024 }).optional(),
  TransformJob: jobTemplateShape,
});
