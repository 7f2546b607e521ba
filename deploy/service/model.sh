#!/bin/sh
# Put the model that MODEL names to where the engine reads it: /models/current. Empty values and files mean none.
set -eu

model=${MODEL:-}
if [ "$model" = nano ]; then
    model=/models/nano
    callsmith model nano --into "$model"
fi
exec callsmith model prepare --into /models --model "$model" --revision "${MODEL_REVISION:-}" \
    --base "${MODEL_BASE:-}" --token-file /run/secrets/hf_token
