"""A stand-in for AWS's CloudFormation, as far as sam and `deploy` call it; moto's server has no SAM transform.

It keeps each stack's template, parameters, resources and events, and makes of a template what CloudFormation makes, by
SAM's own transform. STS is in it too. S3 is moto's.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlparse

import boto3
import yaml

from tests.deploy.made import Made
from tests.deploy.state import Change, RefusedError, StackState, differences, parameters_of
from tests.template.stack import transform

_EMPTY = "The submitted information didn't contain changes. Submit different information to create a change set."


class CloudFormation:
    """The service, for one account and region.

    Attributes:
        stacks: by name.
        api_url: where the API of each stack is in truth; empty: nowhere.
        api_key: what it wants; empty: none.
        refusal: answered to every request, if set, as (code, message).
        fails: whether the next change of a stack fails and is rolled back.
    """

    def __init__(self, s3_url: str) -> None:
        self.stacks: dict[str, StackState] = {}
        self.api_url = ""
        self.api_key = ""
        self.refusal: tuple[str, str] | None = None
        self.fails = False
        self._changesets: dict[str, Change] = {}
        self._numbers = count(1)
        self._s3 = boto3.client(
            "s3", endpoint_url=s3_url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
        )

    def answer(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        """The result of a call.

        Raises:
            RefusedError: where AWS would refuse.
        """
        if self.refusal:
            raise RefusedError(*self.refusal, status=403)
        method = getattr(self, "_" + re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())
        result: dict[str, Any] = method(request)
        return result

    def served_version(self) -> str:
        """The version that the newest stack's API serves."""
        stack = max(self.stacks.values(), key=lambda it: it.updated or it.created)
        model = stack.parameters.get("ModelUri", "shipped")
        return model.rstrip("/").rpartition("/")[2]

    def _get_caller_identity(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/me", "UserId": "me"}

    def _describe_stacks(self, request: dict[str, Any]) -> dict[str, Any]:
        stack = self._stack(request)
        described = {
            "StackName": stack.name,
            "StackId": _id_of(stack.name),
            "StackStatus": stack.status,
            "EnableTerminationProtection": "false",
            "CreationTime": _text(stack.created),
            "Parameters": [{"ParameterKey": key, "ParameterValue": it} for key, it in stack.parameters.items()],
            "Outputs": [{"OutputKey": key, "OutputValue": it} for key, it in stack.outputs.items()],
            "Tags": stack.tags,
        }
        if stack.updated:
            described["LastUpdatedTime"] = _text(stack.updated)
        return {"Stacks": [described]}

    def _get_template_summary(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"Parameters": [{"ParameterKey": key} for key in self._stack(request).parameters]}

    def _get_template(self, request: dict[str, Any]) -> dict[str, Any]:
        stack = self._stack(request)
        original = request.get("TemplateStage", "Original") == "Original"
        return {"TemplateBody": stack.template if original else json.dumps(stack.processed)}

    def _list_stack_resources(self, request: dict[str, Any]) -> dict[str, Any]:
        stack = self._stack(request)
        resolver = Made(stack.processed, stack.parameters, stack.name)
        return {
            "StackResourceSummaries": [
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": resolver.physical_id(name),
                    "ResourceType": resource["Type"],
                    "ResourceStatus": "CREATE_COMPLETE",
                    "LastUpdatedTimestamp": _text(stack.created),
                }
                for name, resource in stack.resources.items()
            ]
        }

    def _describe_stack_events(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"StackEvents": self._stack(request).events[::-1]}

    def _create_change_set(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request["StackName"]
        if request.get("ChangeSetType") == "CREATE" and name not in self.stacks:
            self.stacks[name] = StackState(name)
            self._event(self.stacks[name], name, "AWS::CloudFormation::Stack", "REVIEW_IN_PROGRESS")
        change = self._change(request)
        self._changesets[change.id] = self._changesets[request["ChangeSetName"]] = change
        return {"Id": change.id, "StackId": _id_of(name)}

    def _describe_change_set(self, request: dict[str, Any]) -> dict[str, Any]:
        change = self._changesets[request["ChangeSetName"]]
        empty = not change.changes
        return {
            "ChangeSetId": change.id,
            "StackName": change.stack,
            "Status": "FAILED" if empty else "CREATE_COMPLETE",
            "StatusReason": _EMPTY if empty else "",
            "Changes": [{"Type": "Resource", "ResourceChange": it} for it in change.changes],
        }

    def _execute_change_set(self, request: dict[str, Any]) -> dict[str, Any]:
        self._execute(self._changesets[request["ChangeSetName"]])
        return {}

    def _update_stack(self, request: dict[str, Any]) -> dict[str, Any]:
        capabilities = request.get("Capabilities", [])
        if "CAPABILITY_AUTO_EXPAND" not in capabilities:
            raise RefusedError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
        change = self._change(request)
        if not change.changes:
            raise RefusedError("ValidationError", "No updates are to be performed.")
        self._execute(change)
        return {"StackId": _id_of(change.stack)}

    def _delete_stack(self, request: dict[str, Any]) -> dict[str, Any]:
        del self.stacks[_name_of(request)]
        return {}

    def _stack(self, request: dict[str, Any]) -> StackState:
        name = _name_of(request)
        if name not in self.stacks:
            raise RefusedError("ValidationError", f"Stack with id {name} does not exist")
        return self.stacks[name]

    def _change(self, request: dict[str, Any]) -> Change:
        stack = self._stack(request)
        text = request.get("TemplateBody") or self._uploaded(request["TemplateURL"])
        parameters = parameters_of(yaml.safe_load(text).get("Parameters", {}), request.get("Parameters", []), stack)
        processed = transform({"text": text, "parameters": parameters})["template"]
        resolver = Made(processed, parameters, stack.name)
        resources = resolver.resources()
        number = f"arn:aws:cloudformation:us-east-1:123456789012:changeSet/{stack.name}/{next(self._numbers)}"
        changes = [
            {"Action": action, "LogicalResourceId": name, "ResourceType": resource["Type"]}
            for action, name, resource in differences(stack.resources, resources)
        ]
        outputs, tags = resolver.outputs(), request.get("Tags", stack.tags)
        return Change(number, stack.name, text, processed, parameters, resources, outputs, tags, changes)

    def _uploaded(self, url: str) -> str:
        bucket, key = urlparse(url).path.lstrip("/").split("/", 1)
        body: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body.decode()

    def _execute(self, change: Change) -> None:
        stack = self.stacks[change.stack]
        verb = "CREATE" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE"
        self._event(stack, stack.name, "AWS::CloudFormation::Stack", f"{verb}_IN_PROGRESS")
        for it in change.changes:
            properties = change.resources.get(it["LogicalResourceId"], {}).get("Properties", {})
            self._event(stack, it["LogicalResourceId"], it["ResourceType"], f"{verb}_COMPLETE", properties)
            if it["ResourceType"] == "AWS::S3::Bucket" and it["Action"] == "Add":
                self._s3.create_bucket(
                    Bucket=Made(change.processed, {}, stack.name).physical_id(it["LogicalResourceId"])
                )
        failed, self.fails = self.fails, False
        if failed:
            self._event(stack, "WriterFunction", "AWS::Lambda::Function", f"{verb}_FAILED", reason="an alarm went off")
            stack.status = "ROLLBACK_COMPLETE" if verb == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
        else:
            stack.status = f"{verb}_COMPLETE"
            stack.template, stack.processed = change.template, change.processed
            stack.parameters, stack.resources, stack.tags = change.parameters, change.resources, change.tags
            stack.outputs = dict(change.outputs)
            if "ApiUrl" in stack.outputs and self.api_url:
                stack.outputs.update(ApiUrl=self.api_url, PageUrl=f"{self.api_url}/")
        if verb == "UPDATE":
            stack.updated = datetime.now(UTC)
        self._event(stack, stack.name, "AWS::CloudFormation::Stack", stack.status)

    def _event(
        self, stack: StackState, name: str, kind: str, status: str, properties: Any = None, reason: str = ""
    ) -> None:
        event = {
            "EventId": str(next(self._numbers)),
            "StackId": _id_of(stack.name),
            "StackName": stack.name,
            "LogicalResourceId": name,
            "PhysicalResourceId": _id_of(name) if name == stack.name else name,
            "ResourceType": kind,
            "ResourceStatus": status,
            "Timestamp": _text(datetime.now(UTC)),
        }
        if properties is not None:
            event["ResourceProperties"] = json.dumps(properties)
        if reason:
            event["ResourceStatusReason"] = reason
        stack.events.append(event)


def _id_of(name: str) -> str:
    return f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/0"


def _name_of(request: dict[str, Any]) -> str:
    name: str = request["StackName"]
    return name.split("/")[1] if name.startswith("arn:") else name


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
