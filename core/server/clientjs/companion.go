package clientjs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // of realtime.js
	"encoding/hex"
	"encoding/json"
)

//go:embed realtime.js
var companion []byte

// CompanionName is the name of our own file beside the official client's.
const CompanionName = "realtime.js"

// standardPath is what the file says as long as nobody has set another.
const standardPath = `"/socket.io/"`

// Companion is our own addition to the official client: Realtime.connect. It is always there.
type Companion struct {
	File
	Tag string // changes with the content; for ETag
}

// NewCompanion makes the file for a sidecar whose clients connect at path.
func NewCompanion(path string) Companion {
	quoted, err := json.Marshal(path)
	if err != nil {
		panic(err) // a text can always be quoted
	}
	body := bytes.Replace(companion, []byte(standardPath), quoted, 1)
	sum := sha256.Sum256(body)
	return Companion{
		File: File{Body: body, Gzip: compressed(body), Size: len(body), Type: types[".js"]},
		Tag:  hex.EncodeToString(sum[:8]),
	}
}

func compressed(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(body)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // memory does not fail
	}
	return b.Bytes()
}
