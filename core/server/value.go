package server

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"realtime/core/link"
)

// Kind says how an option's text is read.
type Kind uint8

// The kinds.
const (
	String   Kind = iota
	Bool          // true or false; also yes and no, on and off, 1 and 0
	Int           // 1024
	Bytes         // 1000000, 64KiB, 1MB
	Duration      // 25s, 300ms, 1m30s
	List          // a, b
	Mode          // permissions in octal: 0660
)

func (k Kind) String() string {
	return [...]string{"string", "bool", "int", "bytes", "duration", "list", "mode"}[k]
}

// given is what was said about an option, and where.
type given struct {
	texts    []string // one, or the items of a list
	separate bool     // texts are items already and not split at commas
	unit     string   // of a duration that is a bare number; "": it must have one
	source   string   // "--listen", "configuration", "REALTIME_LISTEN", "config/realtime.yml:3", "default"
}

// text is what was said, in one line.
func (g given) text() string { return strings.Join(g.texts, ", ") }

// items are the parts of a list. Nothing, or "none" for one that has a default, is the empty list.
func (g given) items() []string {
	texts := g.texts
	if !g.separate {
		texts = strings.Split(strings.Join(texts, ","), ",")
	}
	list := []string{}
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			list = append(list, t)
		}
	}
	if len(list) == 1 && list[0] == "none" {
		return []string{}
	}
	return list
}

// set puts what was said into the row's field of o.
func (r *row) set(o *Options, g given) error {
	if r.Kind == List {
		g.separate = g.separate || r.Secret // a secret may have a comma in it
		items := g.items()
		for _, item := range items {
			if err := r.judge(item); err != nil {
				return err
			}
		}
		*r.field(o).(*[]string) = items
		return nil
	}
	if g.separate || len(g.texts) != 1 {
		return errors.New("takes one value, not a list")
	}
	text := r.switched(strings.TrimSpace(g.texts[0]))
	if _, err := strconv.ParseFloat(text, 64); err == nil && r.Kind == Duration {
		text += g.unit
	}
	if err := r.judge(text); err != nil {
		return err
	}
	return r.setField(r.field(o), text)
}

// switched is a number for who only says that something is to be on, or off.
func (r *row) switched(text string) string {
	if r.On == "" {
		return text
	}
	switch strings.ToLower(text) {
	case "true", "yes", "on":
		return r.On
	case "false", "no", "off":
		return r.Default
	}
	return text
}

// judge checks one text against the choices and the row's own check.
func (r *row) judge(text string) error {
	if r.Choices != nil && !slices.Contains(r.Choices, text) {
		return fmt.Errorf("%q is none of %s", text, strings.Join(r.Choices, ", "))
	}
	if r.check != nil && text != "" {
		return r.check(text)
	}
	return nil
}

// setField reads a text as what the field holds.
func (r *row) setField(field any, text string) (err error) {
	switch f := field.(type) {
	case *string:
		*f = text
	case *link.ConnectMode:
		*f = link.ConnectMode(text)
	case *slog.Level:
		err = f.UnmarshalText([]byte(text))
	case *bool:
		*f, err = parseBool(text)
	case *os.FileMode:
		*f, err = parseMode(text)
	case *time.Duration:
		if *f, err = parseDuration(text); err == nil {
			err = r.judgeNumber(int64(*f))
		}
	case *int:
		parse := parseInt
		if r.Kind == Bytes {
			parse = parseBytes
		}
		if *f, err = parse(text); err == nil {
			err = r.judgeNumber(int64(*f))
		}
	default:
		panic(fmt.Sprintf("server: option %s: no way to set a %T", r.Key, field))
	}
	return err
}

func (r *row) judgeNumber(n int64) error {
	switch {
	case n < 0:
		return errors.New("must not be negative")
	case n == 0 && r.Zero == "":
		return errors.New("must be more than 0")
	}
	return nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither true nor false", text)
}

func parseMode(text string) (os.FileMode, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "0o"), 8, 32)
	if err != nil || n > 0o777 {
		return 0, fmt.Errorf("%q are no permissions in octal, such as 0660", text)
	}
	return os.FileMode(n), nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return 0, fmt.Errorf("%q has no unit: write %[2]ss or %[2]sms", text, text)
	}
	return 0, fmt.Errorf("%q is no duration, such as 25s, 300ms or 1m30s", text)
}

func parseInt(text string) (int, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 0)
	if err != nil {
		return 0, fmt.Errorf("%q is no whole number", text)
	}
	return int(n), nil
}

// units of sizes, longest first, so that MB is not taken for B.
var units = []struct {
	name   string
	factor float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"kB", 1e3},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"B", 1},
}

func parseBytes(text string) (int, error) {
	number, factor := text, 1.0
	for _, u := range units {
		if n, ok := strings.CutSuffix(text, u.name); ok {
			number, factor = strings.TrimSpace(n), u.factor
			break
		}
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(number, "_", ""), 64)
	n *= factor
	if err != nil || n != math.Trunc(n) || math.Abs(n) > math.MaxInt32*float64(1<<20) {
		return 0, fmt.Errorf("%q is no size, such as 1000000, 64KiB or 1MB", text)
	}
	return int(n), nil
}

// text, count and size write the floors' defaults as one would in the file.

func text(d time.Duration) string {
	s := d.String()
	if d%time.Minute == 0 && d != 0 {
		s = strings.TrimSuffix(s, "0s")
	}
	return s
}

func count(n int) string { return strconv.Itoa(n) }

func size(n int) string {
	switch {
	case n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + "MiB"
	case n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + "KiB"
	}
	return strconv.Itoa(n)
}
