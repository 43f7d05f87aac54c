import type { StackConfig } from './stack-config.ts';

interface Deployed {
  url: string;
  region: string;
  signIn: StackConfig['signIn'];
  stage: string;
}

const SIGN_IN: Record<StackConfig['signIn'], (place: string) => string> = {
  keys: (place) => `First key:    npm run keys -- create --name me --allow admin ${place}`,
  iam: () => 'Callers sign for execute-api: docs/sign-in.md#by-iam',
  none: () => 'ANYBODY who knows the URL may call it: signIn is none.',
};

/** What `sls deploy` says at its end. */
export function usage({ url, region, signIn, stage }: Deployed): string {
  return `
Endpoint URL: ${url}
${SIGN_IN[signIn](`--stage ${stage} --region ${region}`)}

  AWS CLI  export AWS_ENDPOINT_URL_SAGEMAKER=${url} AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME=${url}
  boto3    boto3.client("sagemaker-runtime", endpoint_url="${url}", region_name="${region}")
  JS       new SageMakerRuntimeClient({ endpoint: "${url}", region: "${region}" })
`;
}
