"""Called by response-stream.test.ts: reads streams of the endpoint `streams` as any boto3 user would."""

import sys

import boto3
from botocore.exceptions import EventStreamError

runtime = boto3.client(
    "sagemaker-runtime",
    endpoint_url=sys.argv[1],
    region_name="us-east-1",
    aws_access_key_id="any",
    aws_secret_access_key="any",
)


def open_stream():
    return runtime.invoke_endpoint_with_response_stream(
        EndpointName="streams", Body=b"hello", ContentType="text/plain"
    )


def invoke(body):
    return runtime.invoke_endpoint(EndpointName="streams", Body=body)["Body"].read()


answer = open_stream()
events = iter(answer["Body"])
first = next(events)["PayloadPart"]["Bytes"]
assert first == b"hello first", first
assert invoke(b"finish") == b"released"
rest = [event["PayloadPart"]["Bytes"] for event in events]
assert rest == [b" second"], rest
assert answer["ContentType"] == "text/plain; v=1", answer
assert answer["InvokedProductionVariant"] == "AllTraffic", answer

events = iter(open_stream()["Body"])
next(events)
invoke(b"break")
try:
    list(events)
    raise AssertionError("The broken stream ended well.")
except EventStreamError as error:
    assert error.response["Error"]["Code"] == "ModelStreamError", error.response

print("done")
