"""The AWS account and region that an environment's stack lives in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore import exceptions as aws
from botocore.config import Config

from deploy.environment import Environment
from deploy.errors import DeployError

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_LOGIN = "`aws sso login`, or what you get your credentials by"


class Account:
    """Clients of an account's services. Nothing is asked of AWS before a client is used.

    Raises:
        DeployError: if there is no such profile, or no region.
    """

    def __init__(self, environment: Environment) -> None:
        with told():
            self._session = boto3.Session(profile_name=environment.profile, region_name=environment.region)
        if not self._session.region_name:
            raise DeployError(
                f"in which region is {environment.stack_name}? Set AWS_DEFAULT_REGION, or `region` in samconfig.toml"
            )
        self.region: str = self._session.region_name

    def has_credentials(self) -> bool:
        """Whether there are credentials, good or bad."""
        with told():
            return self._session.get_credentials() is not None

    def client(self, service: str) -> Any:
        """A client of a service that gives up after some ten seconds without an answer."""
        config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})
        with told():
            return self._session.client(service, config=config)

    def number(self) -> str:
        """The account's number."""
        with told():
            number: str = self.client("sts").get_caller_identity()["Account"]
            return number


@contextmanager
def told() -> Iterator[None]:
    """Tell AWS's faults in a sentence, as a DeployError."""
    try:
        yield
    except (aws.NoCredentialsError, aws.PartialCredentialsError):
        raise DeployError("there are no AWS credentials: set AWS_PROFILE, or run `aws configure`") from None
    except (aws.SSOTokenLoadError, aws.UnauthorizedSSOTokenError, aws.TokenRetrievalError) as error:
        raise DeployError(f"the AWS credentials have expired: get new ones with {_LOGIN} ({error})") from None
    except aws.ProfileNotFound as error:
        raise DeployError(f"{error}: `aws configure list-profiles` lists those there are") from None
    except aws.NoRegionError:
        raise DeployError("no region is set: set AWS_DEFAULT_REGION, or `region` in samconfig.toml") from None
    except (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ReadTimeoutError) as error:
        raise DeployError(f"AWS does not answer; is the region right, is there a connection? ({error})") from None
    except aws.ClientError as error:
        raise DeployError(_refusal(error)) from None
    except aws.BotoCoreError as error:
        raise DeployError(f"AWS can't be asked: {error}") from None


def _refusal(error: aws.ClientError) -> str:
    code, message = (error.response.get("Error", {}).get(key, "") for key in ("Code", "Message"))
    if code in _EXPIRED:
        return f"the AWS credentials have expired: get new ones with {_LOGIN}"
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}): get others with {_LOGIN}, or set AWS_PROFILE"
    if code in _NOT_ALLOWED:
        return f"these AWS credentials may not do {error.operation_name}: {message}"
    return f"AWS refused {error.operation_name}: {message or code}"
