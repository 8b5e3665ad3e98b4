#!/usr/bin/env bash
# Starts the services that the clients of this folder talk to, runs the clients, and stops the services again.
# Prints `N passed, N failed` for each language.  usage: run.sh PATH_OF_CASEMATE
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$(realpath "$1")
python="$root/.venv/bin/python"
node="$root/.venv/bin/node"
export CASEMATE_BIN=$bin CASEMATE_SHARED="${CASEMATE_SHARED:-$root/../shared}"
work=$(mktemp -d)
pids=()

stop() {
    local pid
    for pid in ${pids[@]+"${pids[@]}"}; do kill -INT "$pid" 2>/dev/null; done
    for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap stop EXIT

fail() {
    printf '%s\n' "$*"
    tail -n 40 "$work"/*.log
    printf 'clients: 0 passed, 1 failed\n'
    exit 1
}

# wait_for WHAT PID COMMAND...: until the command succeeds, at most 60 s; fails if the process ends before.
wait_for() {
    local what=$1 pid=$2 tries
    shift 2
    for tries in $(seq 300); do
        "$@" && return
        kill -0 "$pid" 2>/dev/null || fail "$what ended before it was ready"
        sleep 0.2
    done
    fail "$what was not ready after 60 s"
}

healthy() {
    "$python" - "$1" "$2" <<'PY' 2>/dev/null
import ssl, sys, urllib.request
urllib.request.urlopen(sys.argv[1] + "/healthz", context=ssl.create_default_context(cafile=sys.argv[2]), timeout=2)
PY
}

# 1. What `casemate dev` starts.
export DEV_DIR="$work/dev"
"$bin" dev --data "$DEV_DIR" --port-base 0 >"$work/dev.log" 2>&1 &
pids+=($!)
wait_for "casemate dev" $! test -s "$DEV_DIR/endpoints.json"
endpoint() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["attestation"][sys.argv[2]])' "$DEV_DIR/endpoints.json" "$1"; }
DEV_URL=$(endpoint url) DEV_CA=$(endpoint ca_pem) DEV_TOKEN=$(cat "$DEV_DIR/token")
export DEV_URL DEV_CA DEV_TOKEN
wait_for "casemate dev" "${pids[0]}" healthy "$DEV_URL" "$DEV_CA"

# 2. A service whose evidence time is that of the recordings.
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
recorded="$work/recorded"
mkdir -p "$recorded"
cat >"$recorded/attestation.toml" <<TOML
listen = "127.0.0.1:$port"
public_url = "https://localhost:$port"
data_dir = "$recorded/data"
insecure_verification_time = "2025-06-11T19:18:17Z"
[auth]
dev_token_file = "$DEV_DIR/token"
[collateral]
dir = "$CASEMATE_SHARED/evidence/sgx-dcap/sgx-azsdk-recording"
[seal]
insecure_file_sealer = "$recorded/seal.key"
TOML
"$bin" serve attestation --config "$recorded/attestation.toml" >"$work/recorded.log" 2>&1 &
pids+=($!)
export RECORDED_URL="https://localhost:$port" RECORDED_CA="$recorded/data/tls/ca.pem"
wait_for "casemate serve attestation" $! healthy "$RECORDED_URL" "$RECORDED_CA"

# 3. Emulated evidence that vouches for the runtime data of the tests.
export EVIDENCE="$work/evidence"
mkdir -p "$EVIDENCE"
printf '{"keys":[{"kty":"EC","kid":"enclave-key","crv":"P-256"}],"purpose":"clients"}' >"$EVIDENCE/runtime.json"
printf '\001\002\003\376\377' >"$EVIDENCE/runtime.bin"
emulate() { "$bin" emulate "$1" --data "$DEV_DIR" --runtime-data "$EVIDENCE/$2" --out "$EVIDENCE/$3" >>"$work/emulate.log" 2>&1 || fail "casemate emulate $1 failed"; }
emulate sgx runtime.json sgx-json.bin
emulate sgx runtime.bin sgx-binary.bin
emulate tdx runtime.json tdx-json.bin
emulate snp runtime.json snp-json.bin

# 4. The clients.
status=0
"$python" -m pytest -q --tb=short -p no:cacheprovider "$here/test_azure.py" "$here/test_relying_party.py" || status=1
# Its trusted CAs are the two services': Node reads one file.
cat "$DEV_CA" "$RECORDED_CA" >"$work/cas.pem"
report=$(cd "$here/js" && NODE_EXTRA_CA_CERTS="$work/cas.pem" "$node" --test --test-reporter=tap ./*.test.js) || status=1
printf '%s\n' "$report" | grep -E '^(not ok|ok|# Subtest)|^ +(not ok|error:|message:|code:|stack:)' | grep -v '^# Subtest'
[ "$status" = 0 ] || printf '%s\n' "$report" | grep -A 25 '^not ok'
counted() { printf '%s\n' "$report" | awk -v word="$1" '$1 == "#" && $2 == word { print $3 }'; }
printf 'javascript: %d passed, %d failed\n' "$(counted pass)" "$(counted fail)"
[ "$(counted pass)" -gt 0 ] || status=1

# 5. They end clean.
for pid in "${pids[@]}"; do
    kill -INT "$pid"
    wait "$pid" || { printf 'a service ended with status %d\n' $?; status=1; }
done
pids=()
[ "$status" = 0 ] || tail -n 20 "$work"/*.log
exit "$status"
