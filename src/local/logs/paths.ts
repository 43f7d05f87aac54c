import { join, relative, sep } from 'node:path';
import { AwsError } from './aws-error.ts';

/** What file systems allow for one name is 255 bytes; the rest is for `.log.old`. */
const LONGEST_FILE_NAME = 240;
/** File names that encodeURIComponent never writes: an empty part; a name that does not begin with "/". */
const EMPTY = '%';
const UNROOTED = '%-';

export const STREAM_SUFFIX = '.log';
/** The one older file that rotation keeps. */
export const OLD_SUFFIX = '.old';
export const GROUP_FILE = 'group.json';

/**
 * The name of a log group or stream as a path that a person can follow, a folder to a part:
 * `/headrace/Endpoints/abalone` is headrace/Endpoints/abalone. Reversible, and never a way out.
 */
export function toPath(name: string): string {
  if (!name.startsWith('/')) return join(UNROOTED, toPath(`/${name}`));
  return join(...name.slice(1).split('/').map(toFileName));
}

export function fromPath(path: string): string {
  const [first = '', ...rest] = path.split(sep);
  if (first === UNROOTED) return rest.map(fromFileName).join('/');
  return `/${[first, ...rest].map(fromFileName).join('/')}`;
}

function toFileName(part: string): string {
  if (part === '') return EMPTY;
  const encoded = encodeURIComponent(part).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E'));
  if (encoded.length > LONGEST_FILE_NAME) {
    throw new AwsError(
      'InvalidParameterException',
      `'${part}' cannot become a file name on this machine: use at most ${LONGEST_FILE_NAME} characters between two slashes, of which unusual signs count as three.`,
    );
  }
  return encoded;
}

function fromFileName(fileName: string): string {
  return fileName === EMPTY ? '' : decodeURIComponent(fileName);
}

export function groupFolder(root: string, group: string): string {
  return join(root, toPath(group));
}

export function streamFile(root: string, group: string, stream: string): string {
  return join(groupFolder(root, group), `${toPath(`/${stream}`)}${STREAM_SUFFIX}`);
}

export function streamOfFile(folder: string, file: string): string {
  return fromPath(relative(folder, file).slice(0, -STREAM_SUFFIX.length)).slice(1);
}
