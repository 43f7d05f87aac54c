import { HOST_NAME } from '../models/container-definition.ts';
import { text } from '../protocol/shape.ts';

/** Reference section 2.1. */
export const transformJobName = text({ min: 1, max: 63, pattern: HOST_NAME });
