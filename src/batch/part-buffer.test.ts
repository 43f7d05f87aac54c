import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PartBuffer } from './part-buffer.ts';

it('holds what was added since it was cleared, in order', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 50_000 }).map((bytes) => Buffer.from(bytes)));

  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const buffer = new PartBuffer(60_000);
      for (const part of parts) {
        buffer.clear();
        for (const piece of part) buffer.add(piece);
        expect(buffer.bytes().equals(Buffer.concat(part))).toBe(true);
        expect(buffer.length).toBe(Buffer.concat(part).length);
      }
    }),
    { numRuns: 50 },
  );
});
