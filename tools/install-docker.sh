#!/bin/sh
# What tools/docker-tests.sh needs, from Debian's or Ubuntu's packages. They would start an engine as they are installed; here
# one runs only where a test starts it, in a network of its own, so policy-rc.d forbids that meanwhile.
set -eu
policy=/usr/sbin/policy-rc.d
[ ! -e "$policy" ] || mv "$policy" "$policy.before"
trap 'rm -f "$policy"; [ ! -e "$policy.before" ] || mv "$policy.before" "$policy"' EXIT
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"
packages='docker.io docker-compose docker-registry'
if apt-cache pkgnames docker-cli | grep -qx docker-cli; then packages="$packages docker-cli"; fi # newer releases have it apart
# shellcheck disable=SC2086 # several words
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
