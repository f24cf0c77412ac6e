# Installs Linetwin from this folder alone; nothing is fetched. .\install.ps1 [FOLDER]   (not yet tested on Windows)
param([string]$Folder = "linetwin")
$ErrorActionPreference = "Stop"
$here = Split-Path -Parent $MyInvocation.MyCommand.Path
py -3 -m venv $Folder
& "$Folder\Scripts\python" -m pip --disable-pip-version-check install --quiet --no-index --find-links "$here\wheels" --require-hashes -r "$here\requirements.txt"
if ($LASTEXITCODE -ne 0) { throw "pip failed: is this Python the one that the file PYTHON names?" }
Push-Location $Folder
Scripts\twin doctor
Pop-Location
