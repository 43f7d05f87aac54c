import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  NotFound,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { Superseded } from './object-failure.ts';
import type { Part } from './work-items.ts';

/** Say in an output's metadata which upload, and which job, it came from. */
const UPLOAD_MARK = 'headrace-upload';
const JOB_MARK = 'headrace-transform';

export interface OutputPlace {
  bucket: string;
  key: string;
  kmsKeyId: string | undefined;
}

/** S3's calls for one output object: a multipart upload, which nobody sees before it is whole. */
export class OutputUpload {
  readonly #s3: S3Client;
  readonly #place: OutputPlace;
  readonly #job: string;
  readonly #signal: AbortSignal;

  /** @param job the generation of the job, new with every job */
  constructor(s3: S3Client, place: OutputPlace, job: string, signal: AbortSignal) {
    this.#s3 = s3;
    this.#place = place;
    this.#job = job;
    this.#signal = signal;
  }

  /** @param mark something that no other upload of this output has */
  async begin(mark: string, contentType: string | undefined): Promise<string> {
    const { kmsKeyId } = this.#place;
    const { UploadId } = await this.#s3.send(
      new CreateMultipartUploadCommand({
        ...this.#object,
        ContentType: contentType,
        Metadata: { [UPLOAD_MARK]: mark, [JOB_MARK]: this.#job },
        ...(kmsKeyId !== undefined && {
          ServerSideEncryption: 'aws:kms' as const,
          SSEKMSKeyId: kmsKeyId,
        }),
      }),
      this.#abort,
    );
    if (UploadId === undefined) throw new Error('S3 began an upload without a name');
    return UploadId;
  }

  /** @throws Superseded when the upload is complete or aborted: whoever did it has the object */
  async part(UploadId: string, number: number, Body: Buffer): Promise<Part> {
    try {
      const { ETag = '' } = await this.#s3.send(
        new UploadPartCommand({ ...this.#object, UploadId, PartNumber: number, Body }),
        this.#abort,
      );
      return { number, etag: ETag };
    } catch (error) {
      if (isGone(error)) throw new Superseded(`the upload of ${this.#place.key} is gone`);
      throw error;
    }
  }

  /**
   * Makes the output of `parts`; also when another worker is doing, or has done, the same.
   * @returns false when the upload is gone and the output is not its output
   */
  async complete(UploadId: string, parts: Part[], mark: string): Promise<boolean> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
    try {
      await this.#s3.send(
        new CompleteMultipartUploadCommand({
          ...this.#object,
          UploadId,
          MultipartUpload: { Parts },
        }),
        this.#abort,
      );
      return true;
    } catch (error) {
      if (!isGone(error)) throw error;
      return this.isOutputOf(mark);
    }
  }

  /** Whether the output that is there now came from the upload with this mark. */
  async isOutputOf(mark: string): Promise<boolean> {
    return (await this.#metadata())[UPLOAD_MARK] === mark;
  }

  /** Whether the object that is there now is an output of this job. */
  async isOutputOfJob(): Promise<boolean> {
    return (await this.#metadata())[JOB_MARK] === this.#job;
  }

  async #metadata(): Promise<Record<string, string>> {
    try {
      const { Metadata } = await this.#s3.send(new HeadObjectCommand(this.#object), this.#abort);
      return Metadata ?? {};
    } catch (error) {
      if (error instanceof NotFound) return {};
      throw error;
    }
  }

  async abort(UploadId: string): Promise<void> {
    try {
      await this.#s3.send(
        new AbortMultipartUploadCommand({ ...this.#object, UploadId }),
        this.#abort,
      );
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  get #object() {
    return { Bucket: this.#place.bucket, Key: this.#place.key };
  }

  get #abort() {
    return { abortSignal: this.#signal };
  }
}

function isGone(error: unknown): boolean {
  return error instanceof S3ServiceException && error.name === 'NoSuchUpload';
}
