export { type Action, action } from './action.ts';
export { AwsError } from './aws-error.ts';
export { LineSplitter } from './lines.ts';
export { LogStore } from './log-store.ts';
export type { LogWriter } from './log-writer.ts';
export type { LogsContext } from './logs-context.ts';
export { LOGS_TARGET, logsOperations } from './operations.ts';
export { type Page, paginate } from './page.ts';
