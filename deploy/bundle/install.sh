#!/bin/sh
# Installs Linetwin from this folder alone; nothing is fetched. ./install.sh [FOLDER], default ./linetwin
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
folder="${1:-linetwin}"
python="${PYTHON:-python3}"
built="$(cat "$here/PYTHON")"
mine="$("$python" -c 'import platform, sys; print(f"{sys.version_info[0]}.{sys.version_info[1]} {platform.system()} {platform.machine()}")')"
if [ "$mine" != "$built" ]; then
  echo "$python is $mine, this bundle is for $built: make one there, or name another Python: PYTHON=python3.12 $0" >&2
  exit 2
fi
"$python" -m venv "$folder"
"$folder/bin/python" -m pip --disable-pip-version-check install --quiet --no-index --find-links "$here/wheels" \
  --require-hashes -r "$here/requirements.txt"
(cd "$folder" && bin/twin doctor)
echo "installed: $folder/bin/twin"
