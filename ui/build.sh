#!/bin/sh
# Called by Maven: build.sh build|check <target folder>
#   build   npm ci when package-lock.json changed, then the app when a source changed
#   check   eslint, tsc and vitest when a source changed since they last passed
# npm ci takes half a minute and the rest some seconds, which a Java edit must not pay for. A step is skipped when the
# hash of everything it reads is the one it last succeeded with; `mvn clean` forgets the hashes of build and check.
set -eu
cd "$(dirname "$0")"
step=$1
target=$2
mkdir -p "$target"

hash_of() {
  find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# unless_done <stamp file> <hash> <command...>
unless_done() {
  stamp=$1 hash=$2
  shift 2
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$hash" ]; then
    echo "ui: $* skipped, nothing it reads has changed"
    return
  fi
  rm -f "$stamp"
  "$@"
  echo "$hash" >"$stamp"
}

command -v npm >/dev/null || { echo "ui: npm is not on the PATH; install Node.js 20.19 or newer" >&2; exit 1; }
unless_done node_modules/.shunt-lock "$(hash_of package-lock.json)" npm ci --no-audit --no-fund

config="package.json package-lock.json tsconfig.json vite.config.ts eslint.config.js index.html"
# shellcheck disable=SC2086 # $config is a list
case $step in
  build)
    SHUNT_UI_OUT="$target/classes/META-INF/resources" \
      unless_done "$target/ui-build.sha256" "$(hash_of $config build.sh src public)" npm run --silent build ;;
  check)
    # The words of the datapath and the shapes of the API are compared with the console's.
    others="../bpf/include/shunt_abi.h ../control-plane/src/test/resources/openapi.json"
    # shellcheck disable=SC2086 # lists
    unless_done "$target/ui-check.sha256" "$(hash_of $config build.sh src public e2e $others)" npm run --silent check ;;
  *)
    echo "ui: expected build or check, found '$step'" >&2
    exit 1 ;;
esac
