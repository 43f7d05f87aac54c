import { type Duplex, pipeline } from 'node:stream';

/** Makes one connection of two. An end of one side is passed on; a break ends both. */
export function join(one: Duplex, other: Duplex): void {
  const broken = (error: Error | null | undefined): void => {
    if (!error) return;
    one.destroy();
    other.destroy();
  };
  pipeline(one, other, broken);
  pipeline(other, one, broken);
}
