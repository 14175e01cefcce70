package token

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// minSecret is in bytes: as many as the hash of HS256 has. Source: RFC 7518, section 3.2.
	minSecret = 32

	// minModulus is in bits. Source: RFC 7518, section 3.3.
	minModulus = 2048

	// maxKeys are tried one after the other for a token that none has made.
	maxKeys = 16
)

// Algorithms are what configured keys may be for.
var Algorithms = []string{HS256, RS256, ES256, EdDSA}

// The algorithms.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA"
)

// parseKeys reads what a configuration names: for HS256 a secret, else public keys or certificates in
// PEM, one or more in a text. The errors show nothing of a key.
func parseKeys(algorithm string, texts []string) ([]jwt.VerificationKey, error) {
	var keys []jwt.VerificationKey
	for i, text := range texts {
		some, err := parseKey(algorithm, text)
		if err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
		keys = append(keys, some...)
	}
	if len(keys) > maxKeys {
		return nil, fmt.Errorf("%d keys, at most %d", len(keys), maxKeys)
	}
	return keys, nil
}

func parseKey(algorithm, text string) ([]jwt.VerificationKey, error) {
	isPEM := strings.Contains(text, "-----BEGIN ")
	if algorithm == HS256 {
		switch {
		case isPEM:
			return nil, errors.New("is PEM, but token_algorithm is HS256, which has a secret; did you mean token_algorithm: RS256, ES256 or EdDSA?")
		case len(text) < minSecret:
			return nil, fmt.Errorf("a secret for HS256 has at least %d bytes, this one %d", minSecret, len(text))
		}
		return []jwt.VerificationKey{[]byte(text)}, nil
	}
	if !isPEM {
		return nil, fmt.Errorf("is no PEM, as token_algorithm: %s wants it; for a secret say token_algorithm: HS256, for a file file:PATH", algorithm)
	}
	var keys []jwt.VerificationKey
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		key, err := publicKey(block)
		if err == nil {
			err = fits(algorithm, key)
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("the PEM in it is broken")
	}
	return keys, nil
}

func publicKey(block *pem.Block) (any, error) {
	switch {
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("is a private key; the public one belongs here, and the private one nowhere but where tokens are made")
	case block.Type == "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, errors.New("the certificate cannot be read")
		}
		return certificate.PublicKey, nil
	case block.Type == "RSA PUBLIC KEY":
		key, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, errors.New("the public key cannot be read")
		}
		return key, nil
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the public key cannot be read")
	}
	return key, nil
}

// fits holds a key against its algorithm.
func fits(algorithm string, key any) error {
	is := ""
	switch key := key.(type) {
	case *rsa.PublicKey:
		is = RS256
		if bits := key.N.BitLen(); bits < minModulus {
			return fmt.Errorf("an RSA key has at least %d bits, this one %d", minModulus, bits)
		}
	case *ecdsa.PublicKey:
		is = ES256
		if key.Curve != elliptic.P256() {
			return fmt.Errorf("ES256 has keys on the curve P-256, this one is on %s", key.Curve.Params().Name)
		}
	case ed25519.PublicKey:
		is = EdDSA
	}
	if is != algorithm {
		return fmt.Errorf("is a %T, which is not for token_algorithm: %s", key, algorithm)
	}
	return nil
}
