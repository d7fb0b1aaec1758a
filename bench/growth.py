#!/usr/bin/env python3
"""Prints the growth of time, requests and memory, and draws it. Usage: growth.py results.jsonl picture.svg"""
import json, math, statistics, sys

OPERATIONS = [("push-oci", "push", "layers"), ("repush-oci", "push again", "layers"), ("retag", "tag", "layers"),
              ("pull-oci", "pull", "layers"), ("tags", "push with tags", "tags")]
MEASURES = [("wall_ms", "time, ms"), ("reqs", "requests"), ("rss_kb", "memory, MiB")]
PEERS = [("crane", "#8c959f"), ("ours", "#0969da")]


def read(path):
    """Returns medians by peer, operation, number of layers or tags, and measure."""
    values = {}
    for line in open(path):
        r = json.loads(line)
        if r["exit"]:
            sys.exit(f'{r["peer"]} {r["op"]} {r["image"]}: {r["err"]}')
        op, n = ("tags", int(r["op"][4:])) if r["op"].startswith("tags") else (r["op"], int(r["image"][1:]))
        for key, _ in MEASURES:
            values.setdefault((r["peer"], op, n, key), []).append(r[key] / (1024 if key == "rss_kb" else 1))
    return {k: statistics.median(v) for k, v in values.items()}


def table(values):
    print("| operation | number | time, crane → ghcr-publish | requests | peak memory |")
    print("|---|--:|--:|--:|--:|")
    for op, title, unit in OPERATIONS:
        for n in sorted({k[2] for k in values if k[1] == op}):
            pair = lambda key: " → ".join(f'{values[(peer, op, n, key)]:.0f}' for peer, _ in PEERS)
            print(f'| {title} | {n} {unit if n > 1 else unit[:-1]} | {pair("wall_ms")} ms | {pair("reqs")} | {pair("rss_kb")} MiB |')


def chart(values, op, key, x, y, w, h):
    """Draws one chart with two logarithmic axes."""
    points = {peer: sorted((n, values[(p, o, n, k)]) for (p, o, n, k) in values if (p, o, k) == (peer, op, key)) for peer, _ in PEERS}
    every = [v for list_ in points.values() for _, v in list_]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)) + 1e-9)
    top = max(math.log10(n) for list_ in points.values() for n, _ in list_)
    px = lambda n: x + w * math.log10(n) / top
    py = lambda v: y + h - h * (math.log10(v) - low) / max(1, high - low)
    out = []
    for e in range(low, high + 1):
        out.append(f'<line x1="{x}" y1="{py(10**e):.0f}" x2="{x+w}" y2="{py(10**e):.0f}" stroke="#d0d7de"/>'
                   f'<text x="{x-6}" y="{py(10**e)+4:.0f}" text-anchor="end">{10**e:g}</text>')
    for n, _ in points["ours"]:
        out.append(f'<text x="{px(n):.0f}" y="{y+h+16}" text-anchor="middle">{n}</text>')
    for peer, colour in PEERS:
        line = " ".join(f'{px(n):.1f},{py(v):.1f}' for n, v in points[peer])
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{px(n):.1f}" cy="{py(v):.1f}" r="3" fill="{colour}"/>' for n, v in points[peer]]
    return "".join(out)


def picture(values, path):
    w, h, left, head = 210, 110, 60, 60
    width, height = left + 3 * (w + 60), head + len(OPERATIONS) * (h + 70)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="11" fill="#1f2328">'
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
           f'<text x="{left}" y="22" font-size="14">Growth with the number of layers and tags (both axes are logarithmic)</text>'
           f'<text x="{left}" y="42"><tspan fill="{PEERS[0][1]}">● crane</tspan>  <tspan fill="{PEERS[1][1]}">● ghcr-publish</tspan></text>']
    for row, (op, title, unit) in enumerate(OPERATIONS):
        for column, (key, label) in enumerate(MEASURES):
            x, y = left + column * (w + 60), head + row * (h + 70) + 22
            out.append(f'<text x="{x}" y="{y-8}">{title}: {label}, by {unit}</text>' + chart(values, op, key, x, y, w, h))
    open(path, "w").write("".join(out) + "</svg>\n")


values = read(sys.argv[1])
table(values)
picture(values, sys.argv[2])
