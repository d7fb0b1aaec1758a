#!/bin/bash -e
# This script publishes 100 images that share 20 layers, one after the other, as the steps
# of one job do. It needs the images that "IMAGES=S,H1 ./build.sh" and this script write,
# and the registry and the proxy of up.sh. The script prints the bytes and the requests
# of ghcr-publish and of crane.
. "$(dirname "$0")/env.sh"
cd "$BENCH_RUN" || exit 1
readonly count=${COUNT:-100}
bench-genimg -out images -images "$(seq -s, -f H%g 1 "$count")" 2>/dev/null
control() { curl -sf -X "$1" "http://127.0.0.1:5999$2" ${3:+-d "$3"}; }
measure() {
  local title=$1 start=$EPOCHREALTIME
  control POST /reset >/dev/null
  "$2"
  local end=$EPOCHREALTIME
  control GET /stats | jq -r --arg title "$title" --arg s "$start" --arg e "$end" \
    '"\($title): \(.requests) requests, \(.body_in / 1e6 | round) MB sent, \(($e | tonumber) - ($s | tonumber) | round) s"'
}
ours() {
  local n
  for n in $(seq "$count"); do
    GITHUB_ACTIONS= RUNNER_TEMP=$temp ghcr-publish publish "images/H$n.oci" --image "ghcr.test/$owner/image$n" --tags latest --verify none >/dev/null
  done
}
crane_() {
  local n
  for n in $(seq "$count"); do crane push "images/H$n.oci" "ghcr.test/$owner/image$n:latest" >/dev/null 2>&1; done
}
temp=$(mktemp -d) owner=ours$$
control PUT /config '{"rtt":"40ms","h2_conn_window":16777216,"h2_stream_window":16777216}' >/dev/null
measure ghcr-publish ours
owner=crane$$
measure crane crane_
control PUT /config '{"rtt":"0s"}' >/dev/null
rm -rf "$temp"
