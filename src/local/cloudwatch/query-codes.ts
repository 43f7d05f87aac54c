/**
 * What an error was called in CloudWatch's old query protocol, where that was something else. SDKs that
 * ask for it with `x-amzn-query-mode` go by the old code.
 */
export const QUERY_CODES: Readonly<Record<string, string>> = {
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  InvalidParameterValueException: 'InvalidParameterValue',
  LimitExceededFault: 'LimitExceeded',
  MissingRequiredParameterException: 'MissingParameter',
  ValidationException: 'ValidationError',
};
