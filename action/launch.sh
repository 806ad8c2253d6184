#!/usr/bin/env bash
#
# Finds the gatehouse of this action, makes sure of it, and hands over to it. All
# else is done by `gatehouse action`: a shell reads no event and decides nothing.
#
# It is the first of these that is there:
#   1. the file that the input binary names;
#   2. bin/gatehouse-OS-ARCH beside this script, with the digest in checksums.txt;
#   3. a build of the source that this action is part of.
# What was not made sure of is not run: exit code 2.
set -euo pipefail
unset CDPATH

# die tells as an annotation why nothing is run. Where there is no verdict the exit
# code is 2, as for any wrong call.
die() { # MESSAGE
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '::error title=gatehouse::nothing is run: %s\n' "$text"
  exit 2
}

verify() { # FILE DIGEST
  local sum
  [[ $2 =~ ^[0-9a-f]{64}$ ]] || die "'$2' is no SHA-256, which has 64 digits from 0 to f"
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum <"$1")
  elif command -v shasum >/dev/null; then # macOS
    sum=$(shasum -a 256 <"$1")
  else
    die "neither sha256sum nor shasum is there to make sure of $1"
  fi
  sum=${sum%% *}
  [[ $sum == "$2" ]] || die "the SHA-256 of $1 is $sum and should be $2"
}

# use_input takes the binary that an input names. A change must not bring its own
# judge, and whatever lies in the workspace may have come with the change.
use_input() { # FILE DIGEST
  local folder workspace
  [[ -f $1 && -x $1 ]] || die "the input binary is $1, which is no program"
  folder=$(cd -- "$(dirname -- "$1")" && pwd -P)
  workspace=$(cd -- "${GITHUB_WORKSPACE:-.}" && pwd -P)
  binary=$folder/$(basename -- "$1")
  if [[ -n $2 ]]; then
    verify "$binary" "$2"
  elif [[ $folder/ == "${workspace%/}"/* ]]; then
    die "$1 lies in the workspace, where the change that is judged may have put it; name its SHA-256 as binary-sha256, or put it elsewhere"
  fi
}

# use_beside takes the binary beside this script. The commit of the action lists
# its digest, in the form of sha256sum.
use_beside() { # NAME
  local sum name found=''
  [[ -f $here/checksums.txt ]] || die "$here/bin/$1 is there, and no checksums.txt to make sure of it"
  while read -r sum name || [[ -n $sum ]]; do
    [[ ${name#'*'} == "$1" ]] || continue
    [[ -z $found ]] || die "checksums.txt lists $1 twice"
    found=$sum
  done <"$here/checksums.txt"
  [[ -n $found ]] || die "checksums.txt does not list $1"
  binary=$here/bin/$1
  verify "$binary" "$found"
}

# use_source builds the source around this action. go.sum holds the digest of every
# module, so the commit of the action decides what is built.
use_source() { # NAME
  local root line='' none folder
  none="there is no gatehouse: the input binary names none, $here/bin/$1 is not there"
  root=$(cd -- "$here/.." && pwd -P)
  if [[ -f $root/go.mod ]]; then
    read -r line <"$root/go.mod" || true
  fi
  [[ $line == "module github.com/gatehouse-dev/gatehouse" ]] || die "$none, and no source to build it from lies around the action"
  command -v go >/dev/null || die "$none, and no go to build it with is on PATH; actions/setup-go brings it"
  folder=$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/gatehouse.XXXXXX")
  binary=$folder/$1
  echo "gatehouse: building it from its source" >&2
  # No settings of a workspace, and no git, which refuses a folder of another user.
  CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly \
    go build -C "$root" -trimpath -buildvcs=false -ldflags '-s -w' -o "$binary" ./cmd/gatehouse >&2 ||
    die "gatehouse could not be built from its source; the log says why"
}

platform() { # OS-ARCH, named as Go names them
  local os arch
  os=$(uname -s) arch=$(uname -m)
  case $os in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    MINGW* | MSYS* | CYGWIN*) os=windows ;;
  esac
  case $arch in
    x86_64) arch=amd64 ;;
    aarch64) arch=arm64 ;;
  esac
  printf '%s' "$os-$arch"
}

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
name=gatehouse-$(platform)
[[ $name != gatehouse-windows-* ]] || name+=.exe
binary=''
if [[ -n ${GATEHOUSE_INPUT_BINARY-} ]]; then
  use_input "$GATEHOUSE_INPUT_BINARY" "${GATEHOUSE_INPUT_BINARY_SHA256-}"
elif [[ -n ${GATEHOUSE_INPUT_BINARY_SHA256-} ]]; then
  die "the input binary-sha256 goes with the input binary"
elif [[ -e $here/bin/$name ]]; then
  use_beside "$name"
else
  use_source "$name"
fi

args=(action)
[[ -z ${GATEHOUSE_INPUT_BASE-} ]] || args+=("--base=$GATEHOUSE_INPUT_BASE")
[[ -z ${GATEHOUSE_INPUT_HEAD-} ]] || args+=("--head=$GATEHOUSE_INPUT_HEAD")
[[ -z ${GATEHOUSE_INPUT_FAIL_ON-} ]] || args+=("--fail-on=$GATEHOUSE_INPUT_FAIL_ON")
[[ -z ${GATEHOUSE_INPUT_SARIF_FILE-} ]] || args+=("--sarif-file=$GATEHOUSE_INPUT_SARIF_FILE")
[[ -z ${GATEHOUSE_INPUT_JSON_FILE-} ]] || args+=("--json-file=$GATEHOUSE_INPUT_JSON_FILE")
# read splits into words and does no more. It ends with 1 at the end of its input.
words=()
read -r -d '' -a words <<<"${GATEHOUSE_INPUT_ARGS-}" || true
# The form with + is for the bash 3.2 of macOS, to which an empty list is unset.
args+=(${words[@]+"${words[@]}"})
[[ -z ${GATEHOUSE_INPUT_PATH-} ]] || args+=(-- "$GATEHOUSE_INPUT_PATH")
exec "$binary" "${args[@]}"
