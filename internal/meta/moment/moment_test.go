package moment

import (
	"testing"
	"time"
)

// early is a Friday, shortly after midnight.
var early = time.Date(2020, 1, 10, 0, 30, 0, 123_456_789, time.UTC)

// Moment.js 2.31 printed each expected value.
func TestFormat(t *testing.T) {
	t.Parallel()
	cases := []struct{ format, want string }{
		{"YYYY-MM-DD[T]HH:mm:ssZ", "2020-01-10T00:30:00+00:00"},
		{"YY", "20"},
		{"M Mo MM MMM MMMM", "1 1st 01 Jan January"},
		{"D Do DD", "10 10th 10"},
		{"DDD DDDo DDDD", "10 10th 010"},
		{"d do dd ddd dddd", "5 5th Fr Fri Friday"},
		{"E e", "5 5"},
		{"w wo ww", "2 2nd 02"},
		{"W Wo WW", "2 2nd 02"},
		{"Q Qo", "1 1st"},
		{"GG GGGG GGGGG", "20 2020 02020"},
		{"gg gggg ggggg", "20 2020 02020"},
		{"H HH h hh k kk", "0 00 12 12 24 24"},
		{"m mm s ss", "30 30 0 00"},
		{"S SS SSS SSSS SSSSSSSSS", "1 12 123 1230 123000000"},
		{"A a", "AM am"},
		{"Z ZZ", "+00:00 +0000"},
		{"z zz", "UTC UTC"},
		{"X x", "1578616200 1578616200123"},
		{"L l", "01/10/2020 1/10/2020"},
		{"LL ll", "January 10, 2020 Jan 10, 2020"},
		{"LLL lll", "January 10, 2020 12:30 AM Jan 10, 2020 12:30 AM"},
		{"LLLL llll", "Friday, January 10, 2020 12:30 AM Fri, Jan 10, 2020 12:30 AM"},
		{"LT LTS", "12:30 AM 12:30:00 AM"},
		{"Y YYYYY YYYYYY", "2020 02020 +002020"},
		{"y yy yyy yyyy yo", "2020 2020 2020 2020 2020th"},
		{"N NNNN NNNNN", "AD Anno Domini AD"},
		{"Hmm Hmmss hmm hmmss eHHmm", "030 03000 1230 123000 50030"},
		{"[week] w", "week 2"},
		{"[a]b] YY", "a]b 20"},
		{"[", "["},
		{`\Y\Y\[YY]`, "YY[20]"},
		{`\e \LT`, "e LT"},
		{"[LT] LT", "LT 12:30 AM"},
		{"w| T g G", "w| T g G"},
		{"", "2020-01-10T00:30:00Z"},
	}
	for _, c := range cases {
		t.Run(c.format, func(t *testing.T) {
			t.Parallel()
			if got := Format(early, UTC, c.format); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestFormatAtTheEndOfTheYear(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		ms   int64
		want string
	}{
		{"last second of 2019", 1577836799000, "2020W01-2 2020w01-2 365 4"},
		{"leap day", 1709164800000, "2024W09-4 2024w09-4 060 1"},
		{"leap year of 53 weeks", 1735603199999, "2025W01-1 2025w01-1 365 4"},
		{"new year in the old year's week", 1104537600000, "2004W53-6 2005w01-6 001 1"},
		{"summer", 1719792000000, "2024W27-1 2024w27-1 183 3"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Format(time.UnixMilli(c.ms), UTC, "GGGG[W]WW-E gggg[w]ww-e DDDD Q"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, want, iso string }{
		{"UTC", "2020-01-10 00:30 UTC +00:00", "2020-01-10T00:30:00Z"},
		{"Asia/Tokyo", "2020-01-10 09:30 JST +09:00", "2020-01-10T09:30:00+09:00"},
		{"asia/tokyo", "2020-01-10 09:30 JST +09:00", "2020-01-10T09:30:00+09:00"},
		{"America_New_York", "2020-01-09 19:30 EST -05:00", "2020-01-09T19:30:00-05:00"},
		{"America/St_Johns", "2020-01-09 21:00 NST -03:30", "2020-01-09T21:00:00-03:30"},
		{"Europe/London", "2020-01-10 00:30 GMT +00:00", "2020-01-10T00:30:00Z"},
		{"Nope", "2020-01-10 00:30  +00:00", "2020-01-10T00:30:00+00:00"},
		{"Local", "2020-01-10 00:30  +00:00", "2020-01-10T00:30:00+00:00"},
		{"", "2020-01-10 00:30  +00:00", "2020-01-10T00:30:00+00:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			zone := LoadZone(c.name)
			if got := Format(early, zone, "YYYY-MM-DD HH:mm z Z"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := Format(early, zone, ""); got != c.iso {
				t.Errorf("got %q, want %q", got, c.iso)
			}
		})
	}
}

func TestEveryNamedZoneLoads(t *testing.T) {
	t.Parallel()
	for _, name := range zoneNames() {
		if !LoadZone(name).Known() {
			t.Errorf("got an unknown zone for %q", name)
		}
	}
}
