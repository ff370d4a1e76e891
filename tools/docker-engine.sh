#!/usr/bin/env bash
# An engine for tests: dockerd in a network namespace of its own, with all it keeps in one folder, and images made from this
# machine's own files under the names that the lab uses. Nothing is pulled, and the machine's network is left alone.
#   tools/docker-engine.sh start FOLDER [IMAGE ...]    prints the DOCKER_HOST to use; node, lab, tools, curl, go: all, if none is named
#   tools/docker-engine.sh restart FOLDER [SIGNAL]
#   tools/docker-engine.sh in FOLDER COMMAND...        in the engine's network, such as a registry
#   tools/docker-engine.sh stop FOLDER
# Needs root, docker.io (dockerd, docker), and for the tools image nft, ip and tcpdump.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() { sed -n '2,9s/^# //p' "$0"; exit 2; }
action=${1:-}
folder=${2:-}
[ -n "$folder" ] || usage
shift 2

launches=3 # at most
launch() {
  mkdir -p "$folder"
  # shellcheck disable=SC2016 # its own $@
  setsid unshare --net sh -c 'ip link set lo up && exec dockerd "$@"' dockerd --data-root "$folder/data" \
    --exec-root "$folder/exec" --pidfile "$folder/pid" -H "unix://$folder/docker.sock" \
    --iptables=false --ip6tables=false --bridge=none >>"$folder/log" 2>&1 &
  export DOCKER_HOST=unix://$folder/docker.sock
  for _ in $(seq 300); do
    docker version >/dev/null 2>&1 && return
    # dockerd gives its containerd 15 s, and ends; a busy machine may need longer.
    if ! kill -0 $! 2>/dev/null && tail -1 "$folder/log" | grep -q 'timeout waiting for containerd' && [ $((launches -= 1)) -gt 0 ]; then
      launch
      return
    fi
    sleep 0.2
  done
  tail -5 "$folder/log" >&2
  exit 1
}

start() {
  launch
  for one in "${@:-node lab tools curl go}"; do
    for made in $one; do "make_$made"; done
  done
  printf '%s\n' "$DOCKER_HOST"
}

end() { # SIGNAL
  local pid
  pid=$(cat "$folder/pid" 2>/dev/null) || return 0
  kill -s "$1" "$pid" 2>/dev/null || true
  for _ in $(seq 300); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
}

stop() {
  end TERM
  # One that was killed leaves the processes beside its containers.
  for one in $(pgrep -f "^[^ ]*containerd[^ ]* .*$folder/exec/" || true); do
    pkill -KILL -P "$one" || true
    kill -KILL "$one" 2>/dev/null || true
  done
  # A data root is a mount of its own, and stays one.
  grep -o " $folder[^ ]*" /proc/mounts | sort -r | xargs -r umount || true
  rm -rf "$folder"
}

# The names are those of lab/runtimes/docker/images.ts.
name_of() { sed -n "s/^  $1: '\(.*\)',.*/\1/p" lab/runtimes/docker/images.ts; }

root=$folder/root
unit_programs='node sh cat cp grep ls env mkdir sleep id head tar'

make_node() {
  # shellcheck disable=SC2086 # several words
  make_root "$root" $unit_programs
  image "$root" "$(name_of node)"
}

make_lab() {
  # shellcheck disable=SC2086
  make_root "$root" $unit_programs
  mkdir -p "$root/app"
  tar -c --exclude ./.git . | tar -C "$root/app" -x
  image "$root" failover-lab --change 'WORKDIR /app'
}

make_tools() {
  make_root "$root" sh cat grep ls env sleep id mkdir mkfifo nft ip tcpdump
  image "$root" "$(name_of tools)"
}

make_curl() {
  command -v curl >/dev/null || return 0
  make_root "$root" sh curl
  image "$root" "$(name_of curl)"
}

make_go() {
  command -v go >/dev/null || return 0
  make_root "$root" sh cat ls env mkdir rm
  mkdir -p "$root/usr/local"
  cp -a "$(go env GOROOT)" "$root/usr/local/go"
  rm -rf "$root/usr/local/go/test" "$root/usr/local/go/doc" "$root/usr/local/go/api"
  compiled_library "$root/tmp/go-cache" # where the lab lets Go keep it
  image "$root" "$(name_of go)" --change 'ENV PATH=/usr/local/go/bin:/usr/bin'
}

# Go's library as this machine has compiled it, but for net/http: the largest package and the client are left to compile in the
# container. Of each of the others the archive, and the entry of the cache that names it.
compiled_library() {
  local into=$1 cache archives
  cache=$(go env GOCACHE)
  archives=$(cd clients/go && CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off go list -export -deps -trimpath \
    -f '{{if and .Standard (ne .ImportPath "net/http")}}{{.Export}}{{end}}' . | sed -n "s#^$cache/##p")
  mkdir -p "$into"
  (
    cd "$cache"
    grep -rlF --include='*-a' -f <(sed 's#.*/##; s#-d$##' <<<"$archives") .
    printf '%s\n' "$archives"
  ) | tar -C "$cache" -c -T - | tar -C "$into" -x --no-same-owner
}

# A root file system with these programs and the libraries they load.
make_root() {
  local root=$1 program file
  shift
  rm -rf "$root"
  mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,tmp,root,proc,sys,dev,run}
  chmod 1777 "$root/tmp"
  for folder_of in bin sbin lib lib64; do ln -s "usr/$folder_of" "$root/$folder_of"; done
  printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n' >"$root/etc/passwd"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  for program in "$@"; do
    file=$(readlink -f "$(PATH=$PATH:/usr/sbin:/sbin command -v "$program")")
    cp "$file" "$root/usr/bin/$program"
    { ldd "$file" 2>/dev/null || true; } | grep -o '/[^ ]*' | sort -u | while read -r library; do
      mkdir -p "$root$(dirname "$library")"
      cp -Ln "$library" "$root$library"
    done
  done
}

image() {
  local root=$1 name=$2
  shift 2
  tar -C "$root" -c . | docker import "$@" - "$name" >/dev/null
  rm -rf "$root"
}

case $action in
  start) start "$@" ;;
  restart) end "${1:-TERM}" && launch ;;
  in) exec nsenter --net --target "$(cat "$folder/pid")" -- "$@" ;;
  stop) stop ;;
  *) usage ;;
esac
