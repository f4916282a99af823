# The site as one image, for any number of workers. compose.yaml runs it with a database, a channel layer and a proxy.

FROM python:3.13-slim AS build
WORKDIR /site
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check --requirement requirements.txt
COPY manage.py ./
COPY chatsite chatsite
COPY chat chat
COPY templates templates
# This key is only for this step. collectstatic signs nothing, and the image holds no secret.
RUN DEBUG=off SECRET_KEY=collectstatic ALLOWED_HOSTS=localhost DATABASE_URL=sqlite:////tmp/none.sqlite3 \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q chatsite chat

FROM python:3.13-slim
RUN groupadd --gid 10001 chatsite \
    && useradd --uid 10001 --gid chatsite --no-create-home --home-dir /nonexistent chatsite \
    && install --directory --owner chatsite --group chatsite /data /static
COPY --from=build /venv /venv
COPY --from=build /site /site
WORKDIR /site
# The site writes only to /data (SQLite and uploaded files), to /tmp, and to /static if STATIC_ROOT names it.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=off DATABASE_URL=sqlite:////data/db.sqlite3 \
    FILES_STORAGE=/data/files
USER 10001:10001
VOLUME /data
EXPOSE 8000
# Ask /healthz, not /readyz: a restart of this container does not bring back a database that is down.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# The exec form lets SIGTERM reach the server. WEB_CONCURRENCY sets the number of workers.
CMD ["python", "manage.py", "serve", "--host=0.0.0.0", "--port=8000"]
