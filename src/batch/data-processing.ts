import { recordsOf } from './batcher.ts';
import { splitRow } from './csv-row.ts';
import { parseExact } from './exact-json.ts';
import { isWhole, type JsonPath, JsonPathError, parseJsonPath, select } from './json-path.ts';
import type { SplitOptions } from './record-scanner.ts';

export interface DataProcessing {
  InputFilter: string;
  OutputFilter: string;
  JoinSource: 'None' | 'Input';
}

export interface ProcessingOptions extends DataProcessing {
  contentType: string | undefined;
  accept: string | undefined;
  split: SplitOptions;
  strategy: 'SingleRecord' | 'MultiRecord';
  assembleWith: 'None' | 'Line';
}

/** A record, or the answer to it, is not what the job says it is. */
export class ProcessingError extends Error {
  override name = 'ProcessingError';
}

/** What happens to the bytes on their way to the first stage, and from the last. Pure. */
export interface Processor {
  /** The request for a payload of `count` records. @throws ProcessingError */
  request(payload: Buffer): Buffer;
  /** What goes into the output for that payload and its answer. @throws ProcessingError */
  output(payload: Buffer, count: number, answer: Buffer, answerType?: string): Buffer;
}

type Format = 'csv' | 'json' | 'jsonlines';

const FORMATS: Record<string, Format> = {
  'text/csv': 'csv',
  'application/json': 'json',
  'application/jsonlines': 'jsonlines',
  'application/x-jsonlines': 'jsonlines',
};

/** The format that a media type stands for, whatever its parameters; undefined for any other. */
export function formatOf(mediaType: string | undefined): Format | undefined {
  return FORMATS[(mediaType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''];
}

export function createProcessor(options: ProcessingOptions): Processor {
  const inputFilter = parseJsonPath(options.InputFilter);
  const outputFilter = parseJsonPath(options.OutputFilter);
  const isJoined = options.JoinSource === 'Input';
  const inputFormat = formatOf(options.contentType);
  const outputFormat = formatOf(options.accept) ?? inputFormat;
  const isPlain = !isJoined && isWhole(outputFilter);
  const hasLines = options.split.split === 'Line';

  const textsOf = (payload: Buffer, format: Format | undefined): string[] => {
    const isOneDocument = !hasLines || options.strategy === 'SingleRecord';
    if (format === 'json' && isOneDocument) return [payload.toString()];
    const lines = { split: 'Line', quotedNewlines: options.split.quotedNewlines } as const;
    return recordsOf(payload, lines)
      .map((record) => record.toString().replace(/\r?\n?$/, ''))
      .filter((line) => line !== '');
  };

  const plainOutput = (count: number, answer: Buffer, answerType: string | undefined): Buffer => {
    if (options.assembleWith === 'None') return answer;
    if (hasLines && options.strategy === 'MultiRecord') {
      const answered = recordsIn(answer, answerType);
      if (answered !== count) throw misaligned(answered, count);
    }
    return endedLine(answer);
  };

  return {
    request: (payload) => {
      if (isWhole(inputFilter)) return payload;
      const texts = textsOf(payload, inputFormat).map((text) =>
        about('InputFilter', () => filtered(text, inputFilter, inputFormat)),
      );
      return Buffer.from(texts.join('\n'));
    },
    output: (payload, count, answer, answerType) => {
      if (isPlain) return plainOutput(count, answer, answerType);
      const answers = textsOf(answer, outputFormat);
      const inputs = textsOf(payload, inputFormat);
      if (answers.length !== inputs.length) throw misaligned(answers.length, inputs.length);
      const texts = answers.map((text, position) => {
        const joinedText = isJoined ? join(inputs[position] ?? '', text, outputFormat) : text;
        return about('OutputFilter', () => filtered(joinedText, outputFilter, outputFormat));
      });
      const separator = texts.length > 1 ? '\n' : '';
      const output = Buffer.from(texts.join(separator));
      return options.assembleWith === 'Line' || texts.length > 1 ? endedLine(output) : output;
    },
  };
}

export function misaligned(answered: number, sent: number): ProcessingError {
  return new ProcessingError(
    `the pipeline answered ${answered} records for the ${sent} it got, so they cannot be told apart; ` +
      'let each stage answer one line per record, or use BatchStrategy SingleRecord',
  );
}

/** Lines, or the members of a JSON list, which a stage may answer instead. */
function recordsIn(answer: Buffer, type: string | undefined): number {
  let lines = answer.length > 0 && answer.at(-1) !== 10 ? 1 : 0;
  for (let at = answer.indexOf(10); at !== -1; at = answer.indexOf(10, at + 1)) lines += 1;
  if (lines > 1 || formatOf(type) !== 'json') return lines;
  try {
    const parsed: unknown = JSON.parse(answer.toString());
    return Array.isArray(parsed) ? parsed.length : lines;
  } catch (error) {
    if (error instanceof SyntaxError) return lines;
    throw error;
  }
}

const NEWLINE = Buffer.from('\n');

/** A stage that ends its last line itself does not get an empty one after it. */
function endedLine(bytes: Buffer): Buffer {
  return bytes.at(-1) === 10 ? bytes : Buffer.concat([bytes, NEWLINE]);
}

function filtered(text: string, path: JsonPath, format: Format | undefined): string {
  if (isWhole(path)) return text;
  if (format === 'csv') {
    const selected = select(path, splitRow(text));
    return Array.isArray(selected) ? selected.join(',') : String(selected);
  }
  return JSON.stringify(select(path, parsed(text)));
}

function join(input: string, output: string, format: Format | undefined): string {
  if (format === 'csv') return `${input},${output}`;
  const record = parsed(input);
  const SageMakerOutput = parsed(output);
  const isObject = typeof record === 'object' && record !== null && !Array.isArray(record);
  return JSON.stringify(
    isObject ? { ...record, SageMakerOutput } : { SageMakerInput: record, SageMakerOutput },
  );
}

function parsed(text: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ProcessingError(`${quoted(text)} is not JSON`);
  }
}

function about<T>(member: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    throw new ProcessingError(`${member} ${error.message}`);
  }
}

const LONGEST_QUOTE = 100;

/** The start of `text`, in quotes. */
export function quoted(text: string, longest = LONGEST_QUOTE): string {
  const start = text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
  return `"${start}"`;
}
