#!/bin/sh
# Serves, and pulls the models that are named and not there yet. A pull that fails is tried again; the ones that are there serve meanwhile.
set -u
ollama serve &
server=$!
trap 'kill -TERM "$server"; wait "$server"; exit $?' TERM INT
until ollama list >/dev/null 2>&1; do sleep 1; done
for model in "$@"; do
  until ollama show "$model" >/dev/null 2>&1 || ollama pull "$model"; do
    echo "pulling $model failed; again in 10 s" >&2
    sleep 10
  done
done
wait "$server"
