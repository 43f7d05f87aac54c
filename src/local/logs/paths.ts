import { join } from 'node:path';
import { AwsError } from './aws-error.ts';

/** What file systems allow for one name is 255 bytes; the rest is for `.log.old`. */
const LONGEST_FILE_NAME = 240;

/** One name of a log group or stream as one file name: reversible, and never a way out of the folder. */
export function toFileName(name: string): string {
  const encoded = encodeURIComponent(name).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
  if (encoded.length === 0 || encoded.length > LONGEST_FILE_NAME) {
    throw new AwsError(
      'InvalidParameterException',
      `The name '${name}' cannot become a file name on this machine: use 1 to ${LONGEST_FILE_NAME} characters, of which '/' and other signs count as three.`,
    );
  }
  return encoded;
}

export function fromFileName(fileName: string): string {
  return decodeURIComponent(fileName);
}

export function groupFolder(root: string, group: string): string {
  return join(root, toFileName(group));
}

export function streamFile(root: string, group: string, stream: string): string {
  return join(groupFolder(root, group), `${toFileName(stream)}${STREAM_SUFFIX}`);
}

export const STREAM_SUFFIX = '.log';
/** The one older file that rotation keeps. */
export const OLD_SUFFIX = '.old';
export const GROUP_FILE = 'group.json';
