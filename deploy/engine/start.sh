#!/bin/sh
# Start the engine's command, given as arguments, if there is a model.
set -eu

if [ -z "${MODEL:-}" ] || [ ! -e /models/current ]; then
    echo "no model (MODEL is '${MODEL:-}'), so the engine idles and the service answers grounded;" \
        "set MODEL and run compose up again"
    # Idle, not ended: a restart policy that outlives a reboot would start it over and over.
    : >/tmp/idle
    exec sleep infinity
fi
rm -f /tmp/idle
if [ -s /run/secrets/engine_key ]; then
    VLLM_API_KEY=$(cat /run/secrets/engine_key)
    export VLLM_API_KEY
fi
exec "$@"
