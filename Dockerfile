# The function as a container image for Lambda: /var/task and /opt hold what `make build` packs.
#
#     docker compose up                                        # here, behind a page on http://localhost:8080
#     docker build --platform linux/arm64 --tag cold-open .    # for Graviton; linux/amd64 for the others
#
# It asks for Docker 23 or newer (BuildKit). Nothing of the target's is run, so each machine can build for both.

FROM --platform=$BUILDPLATFORM public.ecr.aws/lambda/python:3.13 AS tools
WORKDIR /project
COPY locks/serve.txt locks/
RUN python3 -m pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: --requirement locks/serve.txt

FROM tools AS tools-amd64
ENV ARCHITECTURE=x86_64 MACHINE=x86_64
FROM tools AS tools-arm64
ENV ARCHITECTURE=arm64 MACHINE=aarch64

FROM tools-$TARGETARCH AS built
COPY LICENSE ./
COPY lambda_fn/coldopen/__init__.py lambda_fn/coldopen/files.py coldopen/
COPY layer layer
# The wheels, half a gigabyte, stay out of the image, and at hand for the next build.
RUN --mount=type=cache,target=/project/.cache \
    python3 -m layer build --arch $ARCHITECTURE --python 3.13 --out /layer
COPY lambda_fn/requirements.txt lambda_fn/
RUN python3 -m pip install --no-cache-dir --no-compile --no-deps --only-binary :all: --implementation cp \
    --python-version 3.13 --platform manylinux2014_$MACHINE --require-hashes --target /function \
    --requirement lambda_fn/requirements.txt \
    && rm -rf /function/bin /function/*.dist-info/RECORD
COPY lambda_fn/app.py /function/
COPY lambda_fn/coldopen /function/coldopen
COPY models/seinfeld/manifest.json models/seinfeld/serving.safetensors models/seinfeld/state_dict.safetensors \
    models/seinfeld/vocab.json models/seinfeld/lexicon.json models/seinfeld/copies.bin /function/model/
# Lambda's user is none that a file may belong to.
RUN python3 -m layer compile --python 3.13 /function && chmod -R a+rX /function

# What API Gateway does, for compose.yaml.
FROM public.ecr.aws/lambda/python:3.13 AS front
WORKDIR /front
COPY lambda_fn/coldopen/__init__.py lambda_fn/coldopen/errors.py coldopen/
COPY local local
USER 1000
ENTRYPOINT ["python3", "-m", "local.front"]

FROM public.ecr.aws/lambda/python:3.13 AS function
COPY --from=built /layer/python /opt/python
COPY --from=built /function $LAMBDA_TASK_ROOT/
CMD ["app.handler"]
