#!/bin/sh
# Start the service of docker-compose.yml: which engine and which keys there are shows only now.
set -eu

url=${CALLSMITH_ENGINE_URL:-}
if [ -z "$url" ] && [ -n "${MODEL:-}" ]; then
    case ",${COMPOSE_PROFILES:-}," in
        *,gpu,* | *,cpu,*) url=http://engine:8001/v1 ;;
    esac
fi
# The small model that ships reads prompts of one style only.
if [ "${MODEL:-}" = nano ]; then
    export CALLSMITH_PROMPT_STYLE=compact
fi
if [ -n "$url" ]; then
    export CALLSMITH_ENGINE_URL="$url" CALLSMITH_ENGINE_KEY_FILE=/run/secrets/engine_key
else
    unset CALLSMITH_ENGINE_URL
    echo "no engine, so every answer is grounded; for a model's answers set MODEL and a profile with an engine" >&2
fi

# Keys: those of the secret, else those that `callsmith keys add` put beside the indexes. Without any only this
# machine may ask: the port is published on a loopback address, or the start is refused.
for keys in /run/secrets/keys "${CALLSMITH_VAR:-}/keys.json"; do
    if [ -s "$keys" ]; then
        export CALLSMITH_KEYS="$keys"
        exec callsmith serve
    fi
done
case "${PUBLISH_ADDRESS:-}" in
    ::1 | "[::1]" | localhost) export CALLSMITH_ALLOW_ANONYMOUS=true ;;
    *[!0-9.]*) ;;
    127.*) export CALLSMITH_ALLOW_ANONYMOUS=true ;;
esac
exec callsmith serve
