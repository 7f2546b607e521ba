#!/bin/sh
# Print the images of a release with their digests, a variable of docker-compose.yml a line:
#
#   deploy/digests.sh >deploy/digests.env
#   set -a; . deploy/digests.env; set +a; docker compose up --detach
#
# Images come from where .env or the shell's variables say. One that was built here and never pushed has no digest;
# that ends the script, for such a release could not be had by others.
set -eu
cd "$(dirname "$0")/.."

for variable in SERVICE_IMAGE ENGINE_IMAGE PROMETHEUS_IMAGE GRAFANA_IMAGE; do
    eval "image=\${$variable:-}"
    [ -n "$image" ] || image=$(sed -n "s/^$variable=//p" .env)
    docker pull --quiet "$image" >/dev/null
    digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$image" | head -n 1)
    [ -n "$digest" ] || { echo "$variable is $image, which has no digest; push it first" >&2; exit 1; }
    echo "$variable=$digest"
done
