package engine

import (
	"bytes"
	"strconv"
	"strings"
)

// maxDigits is the number of digits of the largest integer, that of a uint64.
const maxDigits = 20

// plainInteger returns a JSON number such as 1287.0 or 1e3 without fraction and exponent.
// It reports false if the number is not an integer, or has more than maxDigits digits.
func plainInteger(number string) (string, bool) {
	rest, negative := strings.CutPrefix(number, "-")
	if rest == "" || rest[0] < '0' || rest[0] > '9' {
		return "", false
	}
	mantissa, exponent := rest, ""
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa, exponent = rest[:i], rest[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	zeros := len(digits)
	digits = strings.TrimRight(digits, "0")
	zeros -= len(digits)
	if digits == "" {
		digits, zeros = "0", 0
	} else if exponent != "" || fraction != "" {
		shift, err := strconv.Atoi(exponent)
		if exponent != "" && err != nil {
			return "", false // far more than maxDigits, or far less than one
		}
		zeros += shift - len(fraction)
	}
	if zeros < 0 || zeros > maxDigits-len(digits) {
		return "", false
	}
	if negative {
		digits = "-" + digits
	}
	return digits + strings.Repeat("0", zeros), true
}

// plainIntegers returns valid JSON with plain integers in place of those with a fraction or
// an exponent.
func plainIntegers(text []byte) []byte {
	var out []byte
	copied := 0
	dec := newDecoder(bytes.NewReader(text))
	for {
		token, err := dec.ReadToken()
		if err != nil {
			return append(out, text[copied:]...)
		}
		if token.Kind() != '0' {
			continue
		}
		number, end := token.String(), int(dec.InputOffset())
		if plain, ok := plainInteger(number); ok {
			out = append(append(out, text[copied:end-len(number)]...), plain...)
			copied = end
		}
	}
}
