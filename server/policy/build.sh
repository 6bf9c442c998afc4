#!/bin/sh
# Builds policy.wasm of maily.rego with OPA (go install github.com/open-policy-agent/opa@v1.4.2), and writes down the digests
# that the server and the tests check. For whoever changes the policy; running it again gives the same bytes.
#   OPA=/path/to/opa sh server/policy/build.sh [another folder for policy.wasm]
set -eu
cd "$(dirname "$0")"
out="${1:-.}"
opa="${OPA:-opa}"
bundle="$(mktemp)"
trap 'rm -f "$bundle"' EXIT

"$opa" check --strict maily.rego data.json
"$opa" test maily.rego maily_test.rego data.json
# By a relative name: the path of a source is in the wasm.
"$opa" build -t wasm -e maily/decision -o "$bundle" maily.rego
tar -xOzPf "$bundle" /policy.wasm >"$out/policy.wasm"
if [ "$out" = . ]; then
  sha256sum data.json maily.rego policy.wasm >policy.sha256
  cat policy.sha256
fi
