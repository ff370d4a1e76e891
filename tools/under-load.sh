#!/bin/sh
# Every shipped scenario, twenty seeds each, while two other processes keep both cores busy: no verdict may differ.
set -eu
cd "$(dirname "$0")/.."
node -e 'for (const end = Date.now() + 1800e3; Date.now() < end; );' & one=$!
node -e 'for (const end = Date.now() + 1800e3; Date.now() < end; );' & two=$!
trap 'kill "$one" "$two" 2>/dev/null || true' EXIT INT TERM
node lab/bin.mjs run --all --runtime netns --repeat "${1:-20}" --timeout 5m --client go --client node --client node-fetch
