package meta

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// TestKeyOrderIsThatOfCLDR compares random keys of ASCII with package x/text/collate.
func TestKeyOrderIsThatOfCLDR(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	key := func(alphabet string) string {
		text := make([]byte, random.IntN(6))
		for i := range text {
			text[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(text)
	}
	var ascii []byte
	for c := range byte(0x80) {
		ascii = append(ascii, c)
	}
	c := collate.New(language.Und)
	for _, alphabet := range []string{string(ascii), "aAbB_-.", "1a2B.\x01"} {
		for range 20_000 {
			a, b := key(alphabet), key(alphabet)
			if got, want := compareKeys(a, b), c.CompareString(a, b); got != want {
				t.Fatalf("compareKeys(%q, %q) = %d, want %d", a, b, got, want)
			}
		}
	}
}

func TestOtherCharactersFollowASCII(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{{"z", "ä"}, {"zz", "äa"}, {"ä", "ö"}, {"ö", "日"}} {
		if compareKeys(pair[0], pair[1]) != -1 || compareKeys(pair[1], pair[0]) != 1 {
			t.Errorf("%q does not precede %q", pair[0], pair[1])
		}
	}
}
