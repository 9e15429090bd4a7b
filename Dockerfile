FROM python:3.13.11-slim-bookworm AS build

WORKDIR /build
# What wheels have for debuggers is 29 MB; strip removes it and leaves the names of functions. The names of towns and
# carriers and the time zones of numbers are 20 MB that Fangate does not load.
RUN apt-get update && apt-get install -y --no-install-recommends binutils
# pip stays in this stage: it fills an environment that has none of its own.
RUN python -m venv --without-pip /opt/fangate
COPY requirements/runtime.txt ./requirements/
RUN python -m pip --python /opt/fangate/bin/python install \
        --no-cache-dir --no-compile --disable-pip-version-check --require-hashes -r requirements/runtime.txt \
 && find /opt/fangate -name '*.so*' -exec strip --strip-debug {} + \
 && cd /opt/fangate/lib/python3.13/site-packages/phonenumbers && rm -r geodata carrierdata tzdata
COPY pyproject.toml README.md LICENSE ./
COPY domain ./domain
COPY ports ./ports
COPY adapters ./adapters
COPY entrypoints ./entrypoints
COPY deploy/image/bytecode.py ./
# faker makes examples for OpenAPI documents; Fangate's own document has no need of it.
RUN python -m pip --python /opt/fangate/bin/python install \
        --no-cache-dir --no-compile --disable-pip-version-check --no-deps --no-build-isolation . \
 && python -m pip --python /opt/fangate/bin/python uninstall --yes --disable-pip-version-check setuptools faker \
 && /opt/fangate/bin/python -I -X pycache_prefix=/opt/fangate/bytecode bytecode.py


FROM python:3.13.11-slim-bookworm

COPY --from=build /opt/fangate /opt/fangate
# The bytecode of Python's own modules is there too: the base image has none, and the user of this one cannot write.
ENV PATH=/opt/fangate/bin:$PATH \
    PYTHONPYCACHEPREFIX=/opt/fangate/bytecode \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
# No EXPOSE: the worker, which runs from this image too, has no port. The service listens on 8000.
# The check of the service; the worker replaces it (docker-compose.yml shows how).
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
ENTRYPOINT ["fangate"]
CMD ["serve", "--host", "0.0.0.0"]
