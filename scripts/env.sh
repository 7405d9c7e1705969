# Sourced by every script: where the tools are. Knows nothing about how they got there (that is scripts/setup).
SHUNT_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SHUNT_ROOT
# Tools of this clone first (Node where Debian's is too old). sbin holds haproxy, nginx and bpftool, and is not on every user's PATH.
export PATH="$SHUNT_ROOT/.tools/node_modules/.bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PYTHONPATH="$SHUNT_ROOT/scripts" PYTHONDONTWRITEBYTECODE=1
