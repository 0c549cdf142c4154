#!/bin/sh
# Checks template.yaml as AWS would read it: cfn-lint for what CloudFormation takes,
# the SAM translator for what SAM makes of it. Nothing is sent to AWS.
#
#   infra/tools/check-template.sh [template.yaml]
#
# Both come from PyPI into .local/venv, once, and again when requirements.txt changes.
# Without Python the check is skipped with a line that says so; with CI=true it fails.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
tools=$root/infra/tools
venv=$root/.local/venv
template=${1:-$root/template.yaml}

# missing says in one line what is not there and how to get it, and ends the check.
missing() {
	if [ "${CI:-}" = true ]; then
		echo "check-template: failed: $1" >&2
		exit 1
	fi
	echo "check-template: skipped: $1" >&2
	exit 0
}

if [ ! -r "$template" ]; then
	echo "check-template: cannot read $template; name the template to check" >&2
	exit 2
fi

# The stamp is written last, so an environment that was not finished is built anew.
if ! cmp -s "$tools/requirements.txt" "$venv/requirements.txt"; then
	command -v python3 >/dev/null ||
		missing "python3 is missing; install Python 3.10 or newer (python.org, or your package manager)"
	python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
		missing "$(python3 --version) is too old; install Python 3.10 or newer (python.org, or your package manager)"
	python3 -c 'import ensurepip, venv' 2>/dev/null ||
		missing "Python's venv module is missing; install it (Debian and Ubuntu: apt install python3-venv)"
	echo "check-template: installing cfn-lint and the SAM translator into .local/venv (once)" >&2
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$tools/requirements.txt" ||
		missing "pip could not install cfn-lint and the SAM translator (its reason is above); connect to PyPI or set PIP_INDEX_URL"
	cp "$tools/requirements.txt" "$venv/requirements.txt"
fi

"$venv/bin/cfn-lint" --non-zero-exit-code warning "$template"
"$venv/bin/python" "$tools/translate.py" "$template"
