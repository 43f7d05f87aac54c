"""Signs in with keys of every kind, and says "done" when each got as far as it may."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url, endpoint, *pairs = sys.argv[1:]
admin, reader, invoker = zip(pairs[::2], pairs[1::2])


def client(service, key, **more):
    return boto3.client(
        service,
        endpoint_url=more.get("endpoint_url", url),
        region_name=more.get("region_name", "us-east-1"),
        aws_access_key_id=key[0],
        aws_secret_access_key=key[1],
        aws_session_token=more.get("session_token"),
        config=Config(retries={"max_attempts": 0}),
    )


def invoke(key):
    answer = client("sagemaker-runtime", key).invoke_endpoint(
        EndpointName=endpoint, Body=b"zero"
    )
    return answer["Body"].read()


def refused(code, status, call):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error
    else:
        raise AssertionError(f"not refused with {code}")


names = [model["ModelName"] for model in client("sagemaker", reader).list_models()["Models"]]
assert names == [endpoint], names
staged = client("sagemaker", reader, endpoint_url=f"{url}/local").list_models()["Models"]
assert len(staged) == 1, staged
assert invoke(invoker) == b"zero one two"
assert invoke(admin) == b"zero one two"

wrong = (admin[0], "wrong")
unknown = ("HRAK" + "B" * 16, "wrong")
refused("InvalidSignatureException", 400, lambda: client("sagemaker", wrong).list_models())
refused("InvalidSignatureException", 403, lambda: invoke(wrong))
refused("UnrecognizedClientException", 400, lambda: client("sagemaker", unknown).list_models())
refused("UnrecognizedClientException", 403, lambda: invoke(unknown))
refused("AccessDeniedException", 400, lambda: client("sagemaker", invoker).list_models())
refused("AccessDeniedException", 403, lambda: invoke(reader))
refused(
    "InvalidSignatureException",
    400,
    lambda: client("sagemaker", reader, region_name="eu-west-1").list_models(),
)
refused(
    "UnrecognizedClientException",
    400,
    lambda: client("sagemaker", reader, session_token="token").list_models(),
)

print("done")
