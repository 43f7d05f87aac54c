"""The life of a pipeline with boto3: python3 boto3_life_cycle.py <gateway URL> <image folder>

Prints a line for each thing that is as it should be; an AssertionError says what is not.
"""

import sys

import boto3
from botocore.exceptions import ClientError

GATEWAY, IMAGE = sys.argv[1:]
NAME = "boto3-pipeline"
ARN = "arn:aws:sagemaker:us-east-1:000000000000"
WAITING = {"Delay": 1, "MaxAttempts": 20}

# With a path, as an API behind a stage has one; botocore posts to it without a trailing slash.
sagemaker = boto3.client("sagemaker", endpoint_url=f"{GATEWAY}/local")
runtime = boto3.client("sagemaker-runtime", endpoint_url=GATEWAY)


def equal(what, actual, expected):
    assert actual == expected, f"{what}: {actual!r}, not {expected!r}"
    print(f"ok  {what}", flush=True)


def refused(what, call, message, **members):
    try:
        call(**members)
    except ClientError as error:
        equal(what, str(error), message)
        return error
    raise AssertionError(f"{what}: it was not refused")


def names(operation, key, name, **members):
    pages = sagemaker.get_paginator(operation).paginate(**members)
    return [item[name] for page in pages for item in page[key]]


def container(**environment):
    return {"Image": f"file:{IMAGE}", "Environment": environment}


# Create
model = sagemaker.create_model(
    ModelName=NAME,
    Containers=[container(SUFFIX=" one", REFUSES="bad"), container(ATTRIBUTES="from two")],
    Tags=[{"Key": "team", "Value": "water"}],
)
equal("CreateModel", model["ModelArn"], f"{ARN}:model/{NAME}")
variant = {
    "VariantName": "AllTraffic",
    "ModelName": NAME,
    "InstanceType": "ml.c5.large",
    "InitialInstanceCount": 1,
}
sagemaker.create_endpoint_config(EndpointConfigName=NAME, ProductionVariants=[variant])
sagemaker.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=NAME, WaiterConfig=WAITING)

# Describe
endpoint = sagemaker.describe_endpoint(EndpointName=NAME)
equal("EndpointStatus", endpoint["EndpointStatus"], "InService")
equal("a time is a time", endpoint["CreationTime"] <= endpoint["LastModifiedTime"], True)
config = sagemaker.describe_endpoint_config(EndpointConfigName=NAME)
equal("the variant comes back", config["ProductionVariants"][0] | variant, config["ProductionVariants"][0])
described = sagemaker.describe_model(ModelName=NAME)
equal("the stages come back", described["Containers"][0]["Environment"]["SUFFIX"], " one")

# List
for count in range(4):
    sagemaker.create_model(ModelName=f"boto3-page-{count}", PrimaryContainer=container())
equal(
    "ListModels in pages",
    names("list_models", "Models", "ModelName", NameContains="page", PaginationConfig={"PageSize": 3}),
    [f"boto3-page-{count}" for count in (3, 2, 1, 0)],
)
equal(
    "ListEndpoints by status",
    names("list_endpoints", "Endpoints", "EndpointName", StatusEquals="InService"),
    [NAME],
)
equal(
    "ListEndpointConfigs since",
    names(
        "list_endpoint_configs",
        "EndpointConfigs",
        "EndpointConfigName",
        CreationTimeAfter=described["CreationTime"],
    ),
    [NAME],
)

# Tags
sagemaker.add_tags(ResourceArn=model["ModelArn"], Tags=[{"Key": "stage", "Value": "test"}])
tags = names("list_tags", "Tags", "Key", ResourceArn=model["ModelArn"])
equal("ListTags", sorted(tags), ["stage", "team"])
sagemaker.delete_tags(ResourceArn=model["ModelArn"], TagKeys=["stage", "team"])
equal("DeleteTags", sagemaker.list_tags(ResourceArn=model["ModelArn"])["Tags"], [])

# Invoke
answer = runtime.invoke_endpoint(
    EndpointName=NAME,
    Body=b"zero \xf0\x9f\x92\xa7",
    ContentType="text/csv; charset=utf-8",
    Accept="text/csv",
    CustomAttributes="mine",
    InferenceId="7",
    TargetVariant="AllTraffic",
)
equal("the answer", answer["Body"].read(), b"zero \xf0\x9f\x92\xa7 one")
equal("ContentType", answer["ContentType"], "text/csv; charset=utf-8")
equal("CustomAttributes", answer["CustomAttributes"], "from two")
equal("InvokedProductionVariant", answer["InvokedProductionVariant"], "AllTraffic")
bare = runtime.invoke_endpoint(EndpointName=NAME, Body="no type")
equal("an answer to a body without a type", bare["Body"].read(), b"no type one")

try:
    runtime.invoke_endpoint(EndpointName=NAME, Body="bad")
    raise AssertionError("a bad record was not refused")
except runtime.exceptions.ModelError as error:
    equal("OriginalStatusCode", error.response["OriginalStatusCode"], 400)
    equal("OriginalMessage", error.response["OriginalMessage"], 'cannot read "bad"')
    equal("HTTP status", error.response["ResponseMetadata"]["HTTPStatusCode"], 424)
    log_group = error.response["LogStreamArn"].split(":log-group:")[1]
    equal("LogStreamArn names the endpoint", log_group.endswith(f"/{NAME}"), True)
    equal("Message names the stage", "(400) from container-1 with message" in str(error), True)

refused(
    "an unknown endpoint",
    runtime.invoke_endpoint,
    "An error occurred (ValidationError) when calling the InvokeEndpoint operation: "
    "Endpoint nowhere of account 000000000000 not found.",
    EndpointName="nowhere",
    Body="x",
)
too_long = refused(
    "a body over 6 MiB",
    runtime.invoke_endpoint,
    "An error occurred (ValidationError) when calling the InvokeEndpoint operation: "
    "HTTP content length exceeded 6291456 bytes.",
    EndpointName=NAME,
    Body=bytes(6291457),
)
equal("its HTTP status", too_long.response["ResponseMetadata"]["HTTPStatusCode"], 413)
refused(
    "a name that is taken",
    sagemaker.create_endpoint,
    "An error occurred (ValidationException) when calling the CreateEndpoint operation: "
    f'Cannot create already existing endpoint "{ARN}:endpoint/{NAME}".',
    EndpointName=NAME,
    EndpointConfigName=NAME,
)

# Delete
sagemaker.delete_endpoint(EndpointName=NAME)
sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=NAME, WaiterConfig=WAITING)
sagemaker.delete_endpoint_config(EndpointConfigName=NAME)
sagemaker.delete_model(ModelName=NAME)
refused(
    "an endpoint that is deleted",
    sagemaker.describe_endpoint,
    "An error occurred (ValidationException) when calling the DescribeEndpoint operation: "
    f'Could not find endpoint "{ARN}:endpoint/{NAME}".',
    EndpointName=NAME,
)
print("done")
