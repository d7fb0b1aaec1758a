package report

import "fmt"

// Bytes returns a size as text in decimal units with three significant digits,
// for example 1.50 MB.
func Bytes(n int64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	units, f, i := "kMGT", float64(n), -1
	for f >= 999.5 && i < len(units)-1 {
		f /= 1000
		i++
	}
	precision := 0
	if f < 9.995 {
		precision = 2
	} else if f < 99.95 {
		precision = 1
	}
	return fmt.Sprintf("%.*f %cB", precision, f, units[i])
}
