import * as z from 'zod';

export const groupName = z.string().min(1).max(512);
