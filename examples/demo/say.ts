const started = Date.now();

/** A line with the seconds since the start, so that a reader sees what takes how long. */
export function say(text = ''): void {
  const seconds = ((Date.now() - started) / 1000).toFixed(1).padStart(5);
  console.log(text === '' ? '' : `${seconds} s  ${text}`);
}

/** A line that belongs to the one above. */
export function tell(text: string): void {
  console.log(`         ${text}`);
}
