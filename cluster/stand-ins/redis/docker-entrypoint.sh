#!/bin/sh
# Starts redis as the official image does: options alone mean redis-server, and protected mode is off, as a
# container is reached only through what is published of it.
set -eu

case "${1:-}" in
-* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1:-}" = redis-server ]; then
  umask 0077
  shift
  case "${1:-}" in
  "" | -*) set -- --protected-mode no "$@" ;;
  # A configuration file must come first, and has the last word.
  *) grep -q '^ *protected-mode' "$1" || set -- "$@" --protected-mode no ;;
  esac
  set -- redis-server "$@"
fi
exec "$@"
