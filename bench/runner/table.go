package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"sort"
	"time"
)

func median(v []float64) float64 {
	sort.Float64s(v)
	n := len(v)
	if n == 0 {
		return 0
	}
	if n%2 == 1 {
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

func table(files []string) {
	type key struct{ image, op, peer, net string }
	type cell struct {
		wall, cpu, rss, reqs, conns, in, chain, out []float64
		fail                                        string
	}
	data := map[key]map[string]*cell{}
	var keys []key
	var rtts []string
	for _, fn := range files {
		b, err := os.ReadFile(fn)
		if err != nil {
			log.Fatal(err)
		}
		dec := json.NewDecoder(bytes.NewReader(b))
		for {
			var r Result
			if dec.Decode(&r) != nil {
				break
			}
			k := key{r.Image, r.Op, r.Peer, r.Net}
			if data[k] == nil {
				data[k] = map[string]*cell{}
				keys = append(keys, k)
			}
			c := data[k][r.RTT]
			if c == nil {
				c = &cell{}
				data[k][r.RTT] = c
			}
			if !slices.Contains(rtts, r.RTT) {
				rtts = append(rtts, r.RTT)
			}
			if r.Exit != 0 {
				c.fail = r.Err
				continue
			}
			c.wall = append(c.wall, r.WallMS)
			c.cpu = append(c.cpu, r.UserMS+r.SysMS)
			c.rss = append(c.rss, float64(r.RSSKB)/1024)
			c.reqs = append(c.reqs, float64(r.Reqs))
			c.conns = append(c.conns, float64(r.Conns))
			c.in = append(c.in, float64(r.In)/1e6)
			c.out = append(c.out, float64(r.Out)/1e6)
			c.chain = append(c.chain, float64(r.Chain))
		}
	}
	sort.SliceStable(keys, func(i, j int) bool {
		a, b := keys[i], keys[j]
		if a.op != b.op {
			return a.op < b.op
		}
		if a.image != b.image {
			return a.image < b.image
		}
		if a.net != b.net {
			return a.net < b.net
		}
		return a.peer < b.peer
	})
	sort.Slice(rtts, func(i, j int) bool {
		x, _ := time.ParseDuration(rtts[i])
		y, _ := time.ParseDuration(rtts[j])
		return x < y
	})
	fmt.Print("| op | image | net | peer |")
	for _, t := range rtts {
		fmt.Printf(" wall@%s ms (min) |", t)
	}
	fmt.Println(" RTTs | cpu ms | rss MB | reqs | chain | conns | up MB | down MB | runs |")
	fmt.Print("|---|---|---|---|")
	for range rtts {
		fmt.Print("--:|")
	}
	fmt.Println("--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, k := range keys {
		fmt.Printf("| %s | %s | %s | %s |", k.op, k.image, k.net, k.peer)
		var last *cell
		med := map[string]float64{}
		for _, t := range rtts {
			c := data[k][t]
			switch {
			case c == nil:
				fmt.Print(" |")
			case len(c.wall) == 0:
				fmt.Printf(" FAIL |")
			default:
				med[t] = median(c.wall)
				fmt.Printf(" %.0f (%.0f) |", med[t], slices.Min(c.wall))
				last = c
			}
		}
		rt := ""
		if a, ok := med["0s"]; ok {
			if b, ok := med["40ms"]; ok {
				rt = fmt.Sprintf("%.1f", (b-a)/40)
			}
		}
		if last == nil {
			fmt.Println(" | | | | | | | | |")
			continue
		}
		fmt.Printf(" %s | %.0f | %.1f | %.0f | %.0f | %.0f | %.2f | %.2f | %d |\n", rt, median(last.cpu), median(last.rss), median(last.reqs), median(last.chain), median(last.conns), median(last.in), median(last.out), len(last.wall))
	}
}
