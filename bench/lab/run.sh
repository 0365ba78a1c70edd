#!/bin/sh
# The lab on a Linux x64 machine with a Vulkan driver; needs nothing else. usage: run.sh [--out FILE] [--quick] [--rows=N,N] [PART ...]
#        run.sh [--out FILE] peers [--small] [--limit SECONDS] [--rounds N] [--python PROGRAM]
# --rows: of the matmuls that "sweep" times (default: 128,512,2048,4096).
# Writes one JSON file (default: lab.json in the working directory). "peers" compares the training step with other programs: those on
# WebGPU, and PyTorch where a Python has torch and transformers; --small: on the embedded model alone, --limit: per program and model.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$PWD/lab.json
if [ "${1:-}" = --out ]; then
  case $2 in /*) out=$2 ;; *) out=$PWD/$2 ;; esac
  shift 2
fi

unpack() {
  [ -e "$here/$1" ] && return
  { xz -dc "$here/$1.xz" 2>/dev/null || python3 -c 'import lzma, sys; sys.stdout.buffer.write(lzma.open(sys.argv[1]).read())' "$here/$1.xz"; } >"$here/$1.part"
  chmod +x "$here/$1.part"
  mv "$here/$1.part" "$here/$1"
}
unpack node
unpack dawn.node

# the loader of Vulkan comes with the lab; a driver of the machine is found by it
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export ESPALIER_DAWN="$here/dawn.node"
cd "$here"
if [ "${1:-}" = peers ]; then
  shift
  exec ./node peers.mjs "$out" "$@"
fi
exec ./node --max-old-space-size=8192 lab.mjs "$out" "$@"
