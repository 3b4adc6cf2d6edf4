"""One command per intention: build, deploy, roll back, read logs, delete.

It runs in aws-sam-cli's environment, which has boto3, tomlkit and PyYAML. The stack says what is deployed, model
included; samconfig.toml says all else.
"""
