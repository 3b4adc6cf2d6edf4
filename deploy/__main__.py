"""The command line, which the Makefile calls: python -m deploy build | up | rollback | logs | delete | batch."""

import argparse
import sys
from io import TextIOWrapper
from pathlib import Path

from coldopen.errors import ColdOpenError
from deploy.batch import batch
from deploy.build import build, check_saved_model, deployed
from deploy.delete import delete
from deploy.environment import read_environment
from deploy.errors import DeployError
from deploy.logs import follow
from deploy.rollback import roll_back
from deploy.up import deploy

_ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run one command; returns the exit code: 0, 1 for an error, sam's where sam failed, 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m deploy", description="Change, watch or delete a stack.")
    parser.add_argument("--env", default="default", help="an environment of samconfig.toml; default: default")
    commands = parser.add_subparsers(required=True, metavar="command", dest="command")
    commands.add_parser("build", help="build the function and its layer")
    up = commands.add_parser("up", help="build, deploy and call the API once")
    up.add_argument("--model", help="s3://bucket/prefix/version/, or shipped; default: what is served stays")
    back = commands.add_parser("rollback", help="serve the model before the present one")
    gone = commands.add_parser("delete", help="delete the stack")
    for command in (up, back, gone):
        command.add_argument("--yes", action="store_true", help="do not ask")
    commands.add_parser("logs", help="follow the function's log")
    many = commands.add_parser("batch", help="have the stack's state machine write scripts for a file of primes")
    many.add_argument("--primes", default="", help="a file here, or s3://bucket/key")
    many.add_argument("--out", default="", help="s3://bucket/folder/, in BatchPlace")
    many.add_argument("--length", help="words of each script that does not say otherwise")
    arguments = parser.parse_args()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # so that what sam prints comes in its place
    try:
        environment = read_environment(_ROOT, arguments.env)
        match arguments.command:
            case "build":
                stack = deployed(environment)
                build(_ROOT, environment, stack)
                check_saved_model(_ROOT, environment, stack)
            case "up":
                deploy(_ROOT, environment, arguments.model, arguments.yes)
            case "rollback":
                roll_back(_ROOT, environment, arguments.yes)
            case "delete":
                delete(_ROOT, environment, arguments.yes)
            case "batch":
                options = ["--length", arguments.length] if arguments.length else []
                batch(_ROOT, environment, arguments.primes, arguments.out, options)
            case "logs":
                follow(_ROOT, environment)
    except ColdOpenError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return error.code if isinstance(error, DeployError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
