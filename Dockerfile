# The action's image. What GitHub asks of it: no USER, no WORKDIR, an ENTRYPOINT that is a list with an absolute path
# (https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support).
FROM python:3.13-slim

# git reads the repository under check. Debian keeps only the newest build of a version, so none is named.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/locale/* /usr/share/man/*

ENV PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore \
    MIGLINT_DJANGO=/opt/miglint/django

# Each series of Django by itself: the one that the project under check uses writes its SQL. Translations and the
# admin's files are of no use for that, and are most of Django's size.
RUN for series in 4.2 5.0 5.1 5.2 6.0 6.1; do \
        python3 -m pip install --target "$MIGLINT_DJANGO/$series" "Django==$series.*" || exit 1; \
    done \
 && find "$MIGLINT_DJANGO" -depth -type d \( -name LC_MESSAGES -o -name static \) -exec rm -rf {} +

COPY pyproject.toml README.md LICENSE /opt/miglint/source/
COPY linter /opt/miglint/source/linter
COPY rules /opt/miglint/source/rules
RUN python3 -m pip install /opt/miglint/source \
 && rm -rf /opt/miglint/source \
 && find /usr/local/lib/ -depth -type d -path '*/django/*' \( -name LC_MESSAGES -o -name static \) -exec rm -rf {} +

ENTRYPOINT ["/usr/local/bin/miglint", "action"]
