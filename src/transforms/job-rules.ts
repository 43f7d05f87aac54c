import type { Config } from '../aws/config.ts';
import { parseS3Uri } from '../aws/s3-uri.ts';
import { formatOf } from '../batch/data-processing.ts';
import { isForRows, JsonPathError, parseJsonPath } from '../batch/json-path.ts';
import { checkInstanceType } from '../fleet/offered-types.ts';
import type { ModelDefinition } from '../models/model-record.ts';
import { type Violation, violations } from '../protocol/validate.ts';
import type { JobTemplate } from './job-shape.ts';

/** MaxConcurrentTransforms x MaxPayloadInMB (reference section 2.9). */
const MOST_MB_AT_A_TIME = 100;
/** A task definition of ECS has 64 KB, of which a model's own Environment may take half. */
const MOST_ENVIRONMENT_BYTES = 24 * 1024;

/**
 * The rules between the members of a transform job, or of a trigger's template.
 * @throws ValidationException with every rule that is broken
 */
export function checkJob(given: JobTemplate, model: ModelDefinition, config: Config): void {
  const found: Violation[] = [];
  const refuse = (path: string, constraint: string) =>
    found.push({ path: path.split('.'), constraint });

  const { InstanceType } = given.TransformResources;
  const wrongType = checkInstanceType(InstanceType, config);
  if (wrongType !== undefined) refuse('TransformResources.InstanceType', wrongType);
  if (parseS3Uri(given.TransformOutput.S3OutputPath) === undefined) {
    refuse('TransformOutput.S3OutputPath', 'Member must be an s3:// URL');
  }
  // With one of them left open, the worker keeps to it: the first stage may have its say.
  const { MaxConcurrentTransforms = 0, MaxPayloadInMB = 0 } = given;
  if (MaxConcurrentTransforms * MaxPayloadInMB > MOST_MB_AT_A_TIME) {
    refuse(
      'MaxConcurrentTransforms',
      `MaxConcurrentTransforms times MaxPayloadInMB must be less than or equal to ${MOST_MB_AT_A_TIME}`,
    );
  }
  if (model.mode === 'Direct' && !model.isPrimary) {
    refuse(
      'ModelName',
      'Member must name a model whose InferenceExecutionConfig Mode is Serial: a record goes through all containers',
    );
  }
  const environmentBytes =
    Buffer.byteLength(
      Object.entries(given.Environment ?? {})
        .flat()
        .join(''),
    ) * model.containers.length;
  if (environmentBytes > MOST_ENVIRONMENT_BYTES) {
    refuse(
      'Environment',
      `Member must have at most ${MOST_ENVIRONMENT_BYTES} bytes over all containers by Headrace, each of which gets it; it has ${environmentBytes}. Put long values into S3`,
    );
  }
  checkDataProcessing(given, refuse);
  checkBeyond(given, refuse);
  if (found.length > 0) throw violations(found, given);
}

type Refuse = (path: string, constraint: string) => void;

function checkDataProcessing(given: JobTemplate, refuse: Refuse): void {
  const { InputFilter = '$', OutputFilter = '$', JoinSource = 'None' } = given.DataProcessing ?? {};
  const { ContentType, SplitType = 'None' } = given.TransformInput ?? {};
  const { Accept, AssembleWith = 'None' } = given.TransformOutput;
  const isUsed = InputFilter !== '$' || OutputFilter !== '$' || JoinSource === 'Input';
  if (!isUsed) return;
  if (isStreamed(given)) refuse('DataProcessing', `Member ${NEEDS_RECORDS}`);
  const format = formatOf(ContentType);
  if (format === undefined) {
    refuse(
      'TransformInput.ContentType',
      'DataProcessing needs text/csv, application/json or application/jsonlines',
    );
  }
  if (SplitType === 'RecordIO' || SplitType === 'TFRecord') {
    refuse('TransformInput.SplitType', 'DataProcessing needs SplitType Line or None');
  }
  if (JoinSource === 'Input' && Accept !== undefined && formatOf(Accept) !== format) {
    refuse('TransformOutput.Accept', 'Member must equal ContentType when JoinSource is Input');
  }
  if (JoinSource === 'Input' && SplitType !== AssembleWith) {
    refuse('TransformOutput.AssembleWith', 'Member must equal SplitType when JoinSource is Input');
  }
  for (const [member, path] of Object.entries({ InputFilter, OutputFilter })) {
    try {
      const isCsv = (member === 'InputFilter' ? format : (formatOf(Accept) ?? format)) === 'csv';
      if (!isForRows(parseJsonPath(path)) && isCsv) {
        refuse(
          `DataProcessing.${member}`,
          'Columns of text/csv are selected by index: $[0], $[1:3]',
        );
      }
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      refuse(`DataProcessing.${member}`, error.message);
    }
  }
}

const NEEDS_RECORDS =
  'needs requests that are held: set MaxPayloadInMB to 1 or more, or BatchStrategy to SingleRecord';

/** An object may be one request of any size, of which no record can be told from the next. */
function isStreamed({ MaxPayloadInMB, BatchStrategy, TransformInput }: JobTemplate): boolean {
  const isCut = (TransformInput?.SplitType ?? 'None') !== 'None';
  return MaxPayloadInMB === 0 && !(isCut && BatchStrategy === 'SingleRecord');
}

function checkBeyond(given: JobTemplate, refuse: Refuse): void {
  const { SplitType = 'None' } = given.TransformInput ?? {};
  const { AssembleWith = 'None' } = given.TransformOutput;
  if (given.OnRecordError === 'Continue' && (SplitType !== 'Line' || AssembleWith !== 'Line')) {
    refuse(
      'OnRecordError',
      'Continue needs SplitType Line and AssembleWith Line: the error takes the place of a line',
    );
  }
  if (given.OnRecordError === 'Continue' && isStreamed(given)) {
    refuse('OnRecordError', `Continue ${NEEDS_RECORDS}`);
  }
  if (given.QuotedNewlines && SplitType !== 'Line') {
    refuse('QuotedNewlines', 'Member needs SplitType Line');
  }
}
