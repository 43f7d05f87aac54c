import { text } from '../protocol/shape.ts';

/** Reference section 2.1. */
export const modelName = text({ max: 63, pattern: '[a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?' });
