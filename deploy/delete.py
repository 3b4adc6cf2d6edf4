"""`make delete`: the stack goes; what it was told to leave is named."""

from pathlib import Path
from typing import Any

from deploy.account import Account, told
from deploy.environment import Environment
from deploy.question import confirm
from deploy.sam import sam, where
from deploy.stack import Stack, the_stack

_MANAGED = "aws-sam-cli-managed-default"  # sam's own stack: a bucket for all SAM applications of the region


def delete(root: Path, environment: Environment, yes: bool) -> None:
    """Delete the stack and the packages that sam uploaded for it, and say what stays.

    Raises:
        DeployError: if there is no stack, the answer is no, or sam fails.
    """
    account = Account(environment)
    stack = the_stack(account, environment)
    staying = _retained(account, stack)
    print(f"Deleting the stack {stack.name} in {account.region}, account {account.number()}: its API stops answering")
    print(f"What stays, and how to remove it:\n{_how_to_remove(staying, account.region)}\n")
    confirm(f"Delete {stack.name}?", yes)
    options = ["--stack-name", stack.name, "--no-prompts", *where(account, environment.profile)]
    sam(root, "delete", *options, region=account.region)


def _retained(account: Account, stack: Stack) -> list[tuple[str, str]]:
    """Type and name of what the stack leaves; versions of a function go with the function."""
    client = account.client("cloudformation")
    with told():
        template: Any = client.get_template(StackName=stack.name, TemplateStage="Processed")["TemplateBody"]
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack.name)
        names = {
            it["LogicalResourceId"]: (it["ResourceType"], it.get("PhysicalResourceId", ""))
            for page in pages
            for it in page["StackResourceSummaries"]
        }
    return [
        names[logical]
        for logical, resource in template["Resources"].items()
        if resource.get("DeletionPolicy", "Delete") != "Delete"
        and logical in names
        and resource["Type"] != "AWS::Lambda::Version"
    ]


def _how_to_remove(staying: list[tuple[str, str]], region: str) -> str:
    rows = []
    for kind, name in staying:
        match kind:
            case "AWS::S3::Bucket":
                rows.append(f"  the bucket {name}, with the models in it\n{_emptied(name, region)}")
            case "AWS::Logs::LogGroup":
                rows.append(
                    f"  the log group {name}\n    aws logs delete-log-group --log-group-name {name} --region {region}"
                )
            case _ if name:
                rows.append(f"  {name} ({kind}), which the console removes")
    rows.append(
        f"  sam's own bucket, which all SAM applications in {region} share; if this was the last of them, empty it\n"
        f"    and: sam delete --stack-name {_MANAGED} --region {region}"
    )
    rows.append("  buckets that you published models to by yourself")
    return "\n".join(rows)


def _emptied(bucket: str, region: str) -> str:
    """The commands that remove a bucket with versions, which `aws s3 rb --force` does not."""
    program = f"import boto3; b = boto3.resource('s3').Bucket('{bucket}'); b.object_versions.delete(); b.delete()"
    return f'    AWS_DEFAULT_REGION={region} .venv/sam/bin/python -c "{program}"'
