package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func one(peer, op, img, rtt, net string, c Case, timeout time.Duration) Result {
	r := Result{Peer: peer, Op: op, Image: img, RTT: rtt}
	serial++
	repo := fmt.Sprintf("%s/b%d/%s", host, serial, strings.ToLower(img))
	outPath := filepath.Join(work, fmt.Sprintf("out%d", serial))
	base := filepath.Join(images, img)
	rep := strings.NewReplacer("{host}", host, "{img}", strings.ToLower(img), "{repo}", repo, "{tag}", "latest", "{ref}", repo+":latest",
		"{src}", host+"/src/"+strings.ToLower(img), "{n}", fmt.Sprint(serial), "{alias}", fmt.Sprintf("r%d.%s/b%d/%s", serial%61, host, serial, strings.ToLower(img)),
		"{oci}", base+".oci", "{oci.tar}", base+".oci.tar", "{save.tar}", base+".save.tar", "{save25.tar}", base+".save25.tar", "{savegz.tar}", base+".savegz.tar", "{out}", outPath)
	cfg := map[string]any{}
	if err := json.Unmarshal([]byte(net), &cfg); err != nil {
		log.Fatal("-net: ", err)
	}
	defer os.RemoveAll(outPath)
	config(`{"rtt":"0s"}`)
	if c.Before != "" {
		if out, err := exec.Command("sh", "-ec", rep.Replace(c.Before)).CombinedOutput(); err != nil {
			r.Exit, r.Err = -1, "before: "+err.Error()+": "+tail(out)
			return r
		}
	}
	cfg["rtt"] = rtt
	b, err := json.Marshal(cfg)
	if err != nil {
		r.Exit, r.Err = -1, err.Error()
		return r
	}
	config(string(b))
	post("/reset")
	d0 := daemon(c.Daemon, true)

	argv := strings.Fields(rep.Replace(c.Cmd))
	if strings.HasPrefix(c.Cmd, "sh: ") {
		argv = []string{"sh", "-ec", rep.Replace(c.Cmd[4:])}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.Load = strings.Fields(string(b))[0]
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		r.Exit, r.Err = -1, err.Error()
		return r
	}
	t := time.AfterFunc(timeout, func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // The process group may have ended already.
	})
	err = cmd.Wait()
	r.WallMS = float64(time.Since(start)) / 1e6
	t.Stop()
	if err != nil {
		r.Exit, r.Err = 1, err.Error()+": "+tail(buf.Bytes())
	}
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.UserMS = float64(ru.Utime.Nano()) / 1e6
		r.SysMS = float64(ru.Stime.Nano()) / 1e6
		r.RSSKB = ru.Maxrss
	}
	if c.Daemon != "" {
		d1 := daemon(c.Daemon, false)
		r.UserMS += d1.user - d0.user
		r.SysMS += d1.sys - d0.sys
		r.RSSKB += d1.peakKB
	}
	var s struct {
		Requests int            `json:"requests"`
		Conns    int64          `json:"conns"`
		BodyIn   int64          `json:"body_in"`
		BodyOut  int64          `json:"body_out"`
		WireIn   int64          `json:"wire_in"`
		WireOut  int64          `json:"wire_out"`
		Chain    int            `json:"chain"`
		SpanMS   float64        `json:"span_ms"`
		ByClass  map[string]int `json:"by_class"`
		ByStatus map[string]int `json:"by_status"`
		Protos   map[string]int `json:"protos"`
	}
	if resp, err := http.Get(ctl + "/stats"); err == nil {
		if err := json.NewDecoder(resp.Body).Decode(&s); err != nil && r.Exit == 0 {
			r.Exit, r.Err = -1, "reading the proxy's statistics: "+err.Error()
		}
		resp.Body.Close()
	}
	r.Reqs, r.Conns, r.In, r.Out, r.WireIn, r.WireUp, r.Chain, r.SpanMS = s.Requests, s.Conns, s.BodyIn, s.BodyOut, s.WireIn, s.WireOut, s.Chain, s.SpanMS
	r.ByClass, r.ByStatus, r.Protos = s.ByClass, s.ByStatus, s.Protos
	config(`{"rtt":"0s"}`)
	if c.After != "" {
		if err := exec.Command("sh", "-c", rep.Replace(c.After)).Run(); err != nil {
			log.Printf("running the command \"after\" of %s %s: %v", peer, op, err)
		}
	}
	return r
}

func tail(b []byte) string {
	s := strings.TrimSpace(string(b))
	if len(s) > 400 {
		s = s[len(s)-400:]
	}
	return s
}

func config(js string) {
	req, _ := http.NewRequest(http.MethodPut, ctl+"/config", strings.NewReader(js))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal("proxy: ", err)
	}
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(resp.Body)
		log.Fatalf("proxy config: %s %s", resp.Status, b)
	}
	resp.Body.Close()
}

func post(path string) {
	resp, err := http.Post(ctl+path, "", nil)
	if err != nil {
		log.Fatal("proxy: ", err)
	}
	resp.Body.Close()
}

type usage struct {
	user, sys float64 // ms
	peakKB    int64
}

var hwm = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// daemon returns the total CPU time and peak memory of the processes whose ids are in
// the file that the field "Daemon" names.
func daemon(file string, resetPeak bool) (u usage) {
	if file == "" {
		return u
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return u
	}
	for _, p := range strings.Fields(string(b)) {
		if resetPeak {
			_ = os.WriteFile("/proc/"+p+"/clear_refs", []byte("5"), 0) // The process may have ended.
		}
		st, err := os.ReadFile("/proc/" + p + "/stat")
		if err != nil {
			continue
		}
		f := strings.Fields(string(st[bytes.LastIndexByte(st, ')')+1:]))
		ut, _ := strconv.ParseFloat(f[11], 64)
		kt, _ := strconv.ParseFloat(f[12], 64)
		u.user += ut * 10
		u.sys += kt * 10
		if s, err := os.ReadFile("/proc/" + p + "/status"); err == nil {
			if m := hwm.FindSubmatch(s); m != nil {
				k, _ := strconv.ParseInt(string(m[1]), 10, 64)
				u.peakKB += k
			}
		}
	}
	return u
}
