import * as z from 'zod';

/** Members that many operations share. */

export const clusterName = z.string().optional();
export const nextToken = z.string().optional();
export const maxResults = z.int().min(1).max(100).default(100);
export const include = z.array(z.string()).default([]);
export const tags = z
  .array(z.object({ key: z.string().max(128).optional(), value: z.string().max(256).optional() }))
  .max(50)
  .default([]);

export const capacityProviderStrategy = z
  .array(
    z.object({
      capacityProvider: z.string(),
      weight: z.int().optional(),
      base: z.int().optional(),
    }),
  )
  .default([]);
