#!/bin/bash
# Starts PostgreSQL as the official image does: an empty data directory is initialised for POSTGRES_USER,
# POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) and POSTGRES_DB first.
set -Eeuo pipefail

fail() {
  echo "Error: $1" >&2
  exit 1
}

read_password() {
  if [[ -n "${POSTGRES_PASSWORD:-}" && -n "${POSTGRES_PASSWORD_FILE:-}" ]]; then
    fail "both POSTGRES_PASSWORD and POSTGRES_PASSWORD_FILE are set (but are exclusive)"
  fi
  if [[ -n "${POSTGRES_PASSWORD_FILE:-}" ]]; then
    POSTGRES_PASSWORD="$(<"$POSTGRES_PASSWORD_FILE")"
  fi
  if [[ -z "${POSTGRES_PASSWORD:-}" ]]; then
    fail "Database is uninitialized and superuser password is not specified. Set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE to a value that is not empty."
  fi
}

# Everything happens in the folder $1. The server that makes the database listens on the local socket only, so that
# nobody meets a half-made one.
initialise() {
  local data="$1"
  initdb --pgdata="$data" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
    --auth-local=trust --auth-host=scram-sha-256
  printf '\nhost all all all scram-sha-256\n' >>"$data/pg_hba.conf"
  if [[ "$POSTGRES_DB" != postgres ]]; then
    pg_ctl --pgdata="$data" -o "-c listen_addresses=''" -w start
    createdb --username="$POSTGRES_USER" --no-password --maintenance-db=postgres -- "$POSTGRES_DB"
    pg_ctl --pgdata="$data" -m fast -w stop
  fi
}

prepare() {
  [[ -s "$PGDATA/PG_VERSION" ]] && return
  export POSTGRES_USER="${POSTGRES_USER:-postgres}"
  export POSTGRES_DB="${POSTGRES_DB:-$POSTGRES_USER}"
  read_password
  if [[ -w "$(dirname "$PGDATA")" ]]; then
    # Killed on the way, it starts over instead of taking the half for the whole.
    rm -rf "$PGDATA.unfinished"
    initialise "$PGDATA.unfinished"
    if [[ -d "$PGDATA" ]]; then rmdir "$PGDATA"; fi
    mv "$PGDATA.unfinished" "$PGDATA"
  else
    initialise "$PGDATA"
  fi
  echo "PostgreSQL init process complete; ready for start up."
}

if [[ "${1:-}" == -* ]]; then
  set -- postgres "$@"
fi
if [[ "${1:-}" == postgres ]]; then
  mkdir -p "$PGDATA"
  chmod 0700 "$PGDATA" 2>/dev/null || true # as the official image: not ours to change on some volumes
  prepare
fi
exec "$@"
