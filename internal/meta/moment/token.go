package moment

import (
	"fmt"
	"strconv"
	"time"
)

// tokens maps each token to the function that formats it.
var tokens = map[string]func(instant) string{
	"Y":      func(m instant) string { return pad(m.t.Year(), 4) },
	"YY":     func(m instant) string { return pad(m.t.Year()%100, 2) },
	"YYYY":   func(m instant) string { return pad(m.t.Year(), 4) },
	"YYYYY":  func(m instant) string { return pad(m.t.Year(), 5) },
	"YYYYYY": func(m instant) string { return "+" + pad(m.t.Year(), 6) },

	"N": era("AD"), "NN": era("AD"), "NNN": era("AD"), "NNNN": era("Anno Domini"), "NNNNN": era("AD"),
	"y":    func(m instant) string { return strconv.Itoa(m.t.Year()) },
	"yy":   func(m instant) string { return pad(m.t.Year(), 2) },
	"yyy":  func(m instant) string { return pad(m.t.Year(), 3) },
	"yyyy": func(m instant) string { return pad(m.t.Year(), 4) },
	"yo":   func(m instant) string { return ordinal(m.t.Year()) },

	"Q":  func(m instant) string { return strconv.Itoa(m.quarter()) },
	"Qo": func(m instant) string { return ordinal(m.quarter()) },

	"M":    func(m instant) string { return strconv.Itoa(int(m.t.Month())) },
	"MM":   func(m instant) string { return pad(int(m.t.Month()), 2) },
	"MMM":  func(m instant) string { return m.t.Month().String()[:3] },
	"MMMM": func(m instant) string { return m.t.Month().String() },
	"Mo":   func(m instant) string { return ordinal(int(m.t.Month())) },

	"D":    func(m instant) string { return strconv.Itoa(m.t.Day()) },
	"DD":   func(m instant) string { return pad(m.t.Day(), 2) },
	"Do":   func(m instant) string { return ordinal(m.t.Day()) },
	"DDD":  func(m instant) string { return strconv.Itoa(m.t.YearDay()) },
	"DDDD": func(m instant) string { return pad(m.t.YearDay(), 3) },
	"DDDo": func(m instant) string { return ordinal(m.t.YearDay()) },

	"d":    func(m instant) string { return strconv.Itoa(int(m.t.Weekday())) },
	"do":   func(m instant) string { return ordinal(int(m.t.Weekday())) },
	"dd":   func(m instant) string { return m.t.Weekday().String()[:2] },
	"ddd":  func(m instant) string { return m.t.Weekday().String()[:3] },
	"dddd": func(m instant) string { return m.t.Weekday().String() },
	"e":    func(m instant) string { return strconv.Itoa(int(m.t.Weekday())) },
	"E":    func(m instant) string { return strconv.Itoa((int(m.t.Weekday())+6)%7 + 1) },

	"w":     func(m instant) string { return strconv.Itoa(second(week(m.t))) },
	"wo":    func(m instant) string { return ordinal(second(week(m.t))) },
	"ww":    func(m instant) string { return pad(second(week(m.t)), 2) },
	"gg":    func(m instant) string { return pad(first(week(m.t))%100, 2) },
	"gggg":  func(m instant) string { return pad(first(week(m.t)), 4) },
	"ggggg": func(m instant) string { return pad(first(week(m.t)), 5) },
	"W":     func(m instant) string { return strconv.Itoa(second(m.t.ISOWeek())) },
	"Wo":    func(m instant) string { return ordinal(second(m.t.ISOWeek())) },
	"WW":    func(m instant) string { return pad(second(m.t.ISOWeek()), 2) },
	"GG":    func(m instant) string { return pad(first(m.t.ISOWeek())%100, 2) },
	"GGGG":  func(m instant) string { return pad(first(m.t.ISOWeek()), 4) },
	"GGGGG": func(m instant) string { return pad(first(m.t.ISOWeek()), 5) },

	"H":     func(m instant) string { return strconv.Itoa(m.t.Hour()) },
	"HH":    func(m instant) string { return pad(m.t.Hour(), 2) },
	"h":     func(m instant) string { return strconv.Itoa(m.hour12()) },
	"hh":    func(m instant) string { return pad(m.hour12(), 2) },
	"k":     func(m instant) string { return strconv.Itoa(m.hour24()) },
	"kk":    func(m instant) string { return pad(m.hour24(), 2) },
	"m":     func(m instant) string { return strconv.Itoa(m.t.Minute()) },
	"mm":    func(m instant) string { return pad(m.t.Minute(), 2) },
	"s":     func(m instant) string { return strconv.Itoa(m.t.Second()) },
	"ss":    func(m instant) string { return pad(m.t.Second(), 2) },
	"a":     func(m instant) string { return m.t.Format("pm") },
	"A":     func(m instant) string { return m.t.Format("PM") },
	"Hmm":   func(m instant) string { return strconv.Itoa(m.t.Hour()) + m.t.Format("04") },
	"Hmmss": func(m instant) string { return strconv.Itoa(m.t.Hour()) + m.t.Format("0405") },
	"hmm":   func(m instant) string { return strconv.Itoa(m.hour12()) + m.t.Format("04") },
	"hmmss": func(m instant) string { return strconv.Itoa(m.hour12()) + m.t.Format("0405") },
	"eHHmm": func(m instant) string { return strconv.Itoa(int(m.t.Weekday())) + m.t.Format("1504") },

	"S": fraction(1), "SS": fraction(2), "SSS": fraction(3), "SSSS": fraction(4), "SSSSS": fraction(5),
	"SSSSSS": fraction(6), "SSSSSSS": fraction(7), "SSSSSSSS": fraction(8), "SSSSSSSSS": fraction(9),

	"X":  func(m instant) string { return strconv.FormatInt(m.t.Unix(), 10) },
	"x":  func(m instant) string { return strconv.FormatInt(m.t.UnixMilli(), 10) },
	"Z":  func(m instant) string { return m.t.Format("-07:00") },
	"ZZ": func(m instant) string { return m.t.Format("-0700") },
	"z":  instant.abbreviation,
	"zz": instant.abbreviation,
}

func era(name string) func(instant) string { return func(instant) string { return name } }

// fraction formats the first n digits of the fraction of a second. All digits
// after the third digit are zero.
func fraction(n int) func(instant) string {
	return func(m instant) string { return fmt.Sprintf("%09d", m.t.Nanosecond())[:n] }
}

func (m instant) quarter() int { return (int(m.t.Month()) + 2) / 3 }

func (m instant) hour12() int { return (m.t.Hour()+11)%12 + 1 }

func (m instant) hour24() int { return (m.t.Hour()+23)%24 + 1 }

// abbreviation returns the zone's short name, or "" for an unknown zone.
func (m instant) abbreviation() string {
	if !m.zone.Known() {
		return ""
	}
	name, _ := m.t.Zone()
	return name
}

// week returns the number of the week and the year of the week. A week starts on
// Sunday, and week 1 contains January 1.
func week(t time.Time) (year, number int) {
	year = t.Year()
	start := sunday(year)
	if next := sunday(year + 1); t.YearDay()-1 >= daysIn(year)+next {
		return year + 1, 1
	}
	return year, (t.YearDay()-1-start)/7 + 1
}

// sunday returns the day on which the first week of the year starts, counted
// from January 1. The result is zero or negative, because the week can start in
// the previous year.
func sunday(year int) int {
	return -int(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Weekday())
}

func daysIn(year int) int { return time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC).YearDay() }

func first(a, _ int) int  { return a }
func second(_, b int) int { return b }

func pad(n, width int) string { return fmt.Sprintf("%0*d", width, n) }

// ordinal returns a number as an English ordinal, such as 1st, 2nd, 3rd or 4th.
func ordinal(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}
