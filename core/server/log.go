package server

import (
	"io"
	"log/slog"
)

// NewLogger returns a logger that writes to w as the options say: as text or JSON, from log_level on.
func (o *Options) NewLogger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: o.LogLevel}
	if o.LogFormat == "json" {
		options.ReplaceAttr = spellDurations
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// spellDurations writes durations as people read them, which JSON would show in nanoseconds.
func spellDurations(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		a.Value = slog.StringValue(a.Value.Duration().String())
	}
	return a
}
