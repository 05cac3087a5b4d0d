#!/usr/bin/env bash
# Makes the environment of the simulators that neurotwin is compared with: Brian2, NEST, NEURON, Jaxley.
# They live apart because Brian2 2.9 needs numpy < 2.4. It is made once; a second call only prints its interpreter.
#
#   benchmarks/make_peers.sh [--torch] [DIR]     DIR: $NEUROTWIN_PEERS, else ~/.cache/neurotwin/peers
#
#   --torch    PyTorch too, which only the benchmarks need
set -euo pipefail

torch=0
if [ "${1:-}" = "--torch" ]; then
  torch=1
  shift
fi
dir=${1:-${NEUROTWIN_PEERS:-$HOME/.cache/neurotwin/peers}}
python=$dir/bin/python

has() { "$python" -c "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(m) is None for m in sys.argv[1:]))" "$@"; }

if [ ! -x "$python" ]; then
  made=
  for candidate in ${PYTHON:-python3.11 python3}; do
    if "$candidate" -m venv "$dir"; then
      made=1
      break
    fi
  done
  if [ -z "$made" ]; then
    echo "no Python with venv was found: set PYTHON to one" >&2
    exit 1
  fi
fi
if ! has brian2 neuron jaxley nest; then
  "$python" -m pip install --quiet --disable-pip-version-check \
    'brian2==2.9.*' 'numpy<2.4' 'setuptools' 'neuron==9.0.*' 'jaxley==0.14.*' 'nest-simulator==3.10.*' >&2
fi
if [ "$torch" = 1 ] && ! has torch; then
  "$python" -m pip install --quiet --disable-pip-version-check 'torch==2.13.*' >&2
fi
echo "$python"
