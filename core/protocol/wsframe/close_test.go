package wsframe

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseClose_codes(t *testing.T) {
	allowed := []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}
	for _, c := range allowed {
		got, text, err := ParseClose([]byte(code(c) + "why"))
		if got != c || text != "why" || err != nil {
			t.Errorf("%d: got %d %q %v", c, got, text, err)
		}
	}
	forbidden := []uint16{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}
	for _, c := range forbidden {
		if _, _, err := ParseClose([]byte(code(c))); closeCode(err) != CloseProtocolError {
			t.Errorf("%d: got %v, want 1002", c, err)
		}
	}
}

func TestParseClose_payloads(t *testing.T) {
	tests := []struct {
		name    string
		payload string
		code    uint16
		text    string
		refused uint16
	}{
		{"empty", "", CloseNoStatus, "", 0},
		{"code alone", code(1000), 1000, "", 0},
		{"code and text", code(1001) + "tschüss", 1001, "tschüss", 0},
		{"longest text", code(1000) + strings.Repeat("x", maxCloseText), 1000, strings.Repeat("x", maxCloseText), 0},
		{"one byte", "\x03", 0, "", CloseProtocolError},
		{"text is not UTF-8", code(1000) + "\xff", 0, "", CloseInvalidUTF8},
		{"text is cut", code(1000) + "\xe2\x82", 0, "", CloseInvalidUTF8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, text, err := ParseClose([]byte(tt.payload))
			if c != tt.code || text != tt.text || closeCode(err) != tt.refused {
				t.Errorf("got %d %q %v, want %d %q refused %d", c, text, err, tt.code, tt.text, tt.refused)
			}
		})
	}
}

func TestAppendClose_is_read_back(t *testing.T) {
	tests := []struct {
		name string
		code uint16
		text string
		want string
	}{
		{"no status", CloseNoStatus, "ignored", ""},
		{"code", CloseNormal, "", ""},
		{"text", CloseTooBig, "message is over 5 bytes", "message is over 5 bytes"},
		{"longest", ClosePolicy, strings.Repeat("x", 123), strings.Repeat("x", 123)},
		{"cut", ClosePolicy, strings.Repeat("x", 500), strings.Repeat("x", 123)},
		{"cut before a character", ClosePolicy, strings.Repeat("x", 121) + "€uro", strings.Repeat("x", 121)},
		{"cut behind a character", ClosePolicy, strings.Repeat("x", 120) + "€uro", strings.Repeat("x", 120) + "€"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			frame := AppendClose(nil, tt.code, tt.text)
			if frame[0] != finBit|byte(OpClose) || int(frame[1]) != len(frame)-2 {
				t.Fatalf("not one whole close frame: % x", frame)
			}
			c, text, err := ParseClose(frame[2:])
			if c != tt.code || text != tt.want || err != nil || !utf8.ValidString(text) {
				t.Errorf("got %d %q %v", c, text, err)
			}
		})
	}
}

func TestCloseErrors_can_be_sent_back(t *testing.T) {
	for _, e := range []*CloseError{
		errReservedBits, errReservedOpcode, errNotMasked, errControlFragmented, errControlTooLong,
		errLengthNotMinimal, errLengthTopBit, errNothingToContinue, errMessageInterrupted, errInvalidUTF8,
		errCloseTooShort, errCloseCode, errCloseTextUTF8, errTooBig(math.MaxInt),
	} {
		c, text, err := ParseClose(AppendClose(nil, e.Code, e.Text)[2:])
		if c != e.Code || text != e.Text || err != nil {
			t.Errorf("%v: read back as %d %q %v", e, c, text, err)
		}
	}
}

// closeCode returns the code of a *CloseError, or 0.
func closeCode(err error) uint16 {
	var e *CloseError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}
