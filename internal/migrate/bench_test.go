package migrate

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkScan5000 reads 5,000 workflows, which are repeated golden cases. The
// target is less than 5 s and 200 MiB on two cores.
func BenchmarkScan5000(b *testing.B) {
	cases, err := filepath.Glob("testdata/*/before.yml")
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(b.TempDir(), ".github", "workflows")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range 5000 {
		src := readFile(b, cases[i%len(cases)])
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("w%d.yml", i)), src, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	root := Root{Dir: filepath.Dir(filepath.Dir(dir)), Repository: "acme/web"}
	b.ReportAllocs()
	for b.Loop() {
		if report := scan(b, Options{}, root); report.FilesRead != 5000 {
			b.Fatalf("%d files read", report.FilesRead)
		}
	}
}
