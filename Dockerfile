# The browser application, and the front door that serves it.
FROM node:22.21.1-bookworm-slim AS web
WORKDIR /web
COPY console/web/package.json console/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY console/web ./
RUN npm run build

FROM nginx:1.26.2-bookworm AS front
COPY --from=web /web/dist /web

# One image, many commands: each container's command comes from the process table.
FROM python:3.11.10-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
COPY requirements.txt pyproject.toml ./
RUN pip install --no-cache-dir -r requirements.txt
COPY case_contracts ./case_contracts
COPY chassis ./chassis
COPY handbook ./handbook
COPY services ./services
COPY console ./console
COPY unit_sdk ./unit_sdk
COPY examples ./examples
COPY cli ./cli
COPY deploy ./deploy
COPY config.yml README.md ./
RUN pip install --no-cache-dir --no-deps -e . \
    && useradd --system --home-dir /var/lib/qianliyan --create-home qianliyan
USER qianliyan
VOLUME /var/lib/qianliyan
CMD ["qianliyan", "--help"]
