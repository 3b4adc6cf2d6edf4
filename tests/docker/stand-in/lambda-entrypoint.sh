#!/bin/sh
# As in Lambda's image: the handler's name is the argument; without a Lambda around it, the emulator takes its place.
export _HANDLER="$1"
if [ -n "$AWS_LAMBDA_RUNTIME_API" ]; then exec /var/runtime/bootstrap; fi
exec /usr/local/bin/aws-lambda-rie /var/runtime/bootstrap
