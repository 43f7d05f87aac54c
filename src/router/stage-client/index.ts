export type { AnswerStream, Flow, StageAnswer, StageCall, StageReply } from './hop.ts';
export type { PingResult } from './ping.ts';
export { field } from './request-head.ts';
export { createStageClient, type StageClient } from './stage-client.ts';
