#!/usr/bin/env bash
# The tests that need a Docker engine, with one of their own (tools/docker-engine.sh): all of them, thirty runs at once, and
# afterwards no process, mount or folder of it. As root, with docker.io, docker-compose and docker-registry.
#   tools/docker-tests.sh [PATTERN ...]      those of lab/runtimes/docker, or test files whose path contains a pattern
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
folder=$work/engine
mkdir "$work/tmp" # of the tests, and of the engines that some of them start
trap 'tools/docker-engine.sh stop "$folder"; rm -rf "$work"' EXIT

node tools/build.mjs
DOCKER_HOST=$(tools/docker-engine.sh start "$folder")
export DOCKER_HOST
TMPDIR=$work/tmp npm test -- "${@:-lab/runtimes/docker}"
[ $# -gt 0 ] || node bench/docker-side-by-side.mjs 30
left=$(docker ps -aq | wc -l)
tools/docker-engine.sh stop "$folder"
trap 'rm -rf "$work"' EXIT

left="$left containers, $(grep -c "$work" /proc/mounts || true) mounts, $(pgrep -fc "$work" || true) processes, $(find "$work" -name engine -o -name 'failover-lab*' | wc -l) folders"
printf 'left behind: %s\n' "$left"
[ "$left" = '0 containers, 0 mounts, 0 processes, 0 folders' ]
