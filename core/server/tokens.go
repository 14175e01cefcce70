package server

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"realtime/core/token"
)

// maxKeyFile is in bytes; a larger file holds no key.
const maxKeyFile = 64 << 10

// tokens makes the verifier of clients' tokens. Files of keys are read here and not with the options:
// who only looks at the configuration, or speaks to a running sidecar, need not be able to.
func (o *Options) tokens() (*token.Verifier, error) {
	keys := make([]string, len(o.TokenKeys))
	for i, text := range o.TokenKeys {
		var err error
		if keys[i], err = tokenKey(text); err != nil {
			return nil, fmt.Errorf("server: token_keys: key %d: %w", i+1, err)
		}
	}
	v, err := token.New(token.Config{
		Keys: keys, Algorithm: o.TokenAlgorithm, Audience: o.TokenAudience, Issuer: o.TokenIssuer,
	})
	if err != nil {
		return nil, fmt.Errorf("server: token_keys: %w", err)
	}
	return v, nil
}

// tokenKey returns a key as it stands, or what is in its file, without the line's end that editors add.
func tokenKey(text string) (string, error) {
	path, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		return text, nil
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: is no file", path)
	case info.Size() > maxKeyFile:
		return "", fmt.Errorf("%s: larger than %d bytes", path, maxKeyFile)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	key := strings.TrimSpace(string(content))
	if key == "" {
		return "", errors.New(path + ": is empty")
	}
	return key, nil
}
