#!/bin/bash -e
# This script measures how time, requests and memory grow with the number of layers and
# with the number of tags. It needs the images that "IMAGES=S,G1,G10,G100,G1000 ./build.sh"
# writes, and the registry and the proxy of up.sh. The script prints a table and writes
# the picture docs/pictures/growth.svg.
. "$(dirname "$0")/env.sh"
cd "$BENCH_RUN" || exit 1
OUT=$BENCH_RUN/growth.jsonl
rm -f "$OUT"
python3 - "$BENCH/cases.json" "$BENCH/ours.json" > growth-cases.json <<'P'
import json, sys
cases = {}
for f in sys.argv[1:]:
    cases.update(json.load(open(f)))
for n in 1, 10, 100:
    tags = [f"t{i}" for i in range(n)]
    cases["ours"][f"tags{n}"] = {"cmd": "ghcr-publish publish {oci} --image {repo} --verify none " + " ".join("--tags " + t for t in tags)}
    cases["crane"][f"tags{n}"] = {"cmd": "sh: crane push {oci} {repo}:t0" + "".join(f" && crane tag {{repo}}:t0 {t}" for t in tags[1:])}
print(json.dumps(cases))
P
run() { bench-runner run -cases growth-cases.json -out "$OUT" -peers crane,ours -rtts 40ms -netname h2 -net '{"h2_conn_window":16777216,"h2_stream_window":16777216}' "$@"; }
run -images G1,G10,G100 -n 3 -warmup 1 -ops push-oci,repush-oci,retag,pull-oci
run -images G1000 -n 1 -warmup 0 -ops push-oci,repush-oci,retag,pull-oci
run -images S -n 3 -warmup 1 -ops tags1,tags10
run -images S -n 1 -warmup 0 -ops tags100
python3 "$BENCH/growth.py" "$OUT" "$BENCH/../docs/pictures/growth.svg"
