#!/bin/sh
# Put the model that MODEL names to where the engine reads it: /models/current.
set -eu

if [ "${MODEL:-}" = tiny ]; then
    exec callsmith model tiny --into /models
fi
token=
if [ -s /run/secrets/hf_token ]; then
    token=/run/secrets/hf_token
fi
exec callsmith model prepare --model "${MODEL:-}" --base "${MODEL_BASE:-}" --token-file "$token" --into /models
