package report

import (
	"fmt"
	"math"
	"slices"
)

// Quartiles are the three values that divide sorted samples into four equal parts.
type Quartiles struct{ Low, Median, High float64 }

// QuartilesOf returns the quartiles of samples in any order. Without samples they are NaN.
func QuartilesOf(samples []float64) Quartiles {
	sorted := slices.Sorted(slices.Values(samples))
	at := func(part float64) float64 {
		if len(sorted) == 0 {
			return math.NaN()
		}
		whole, rest := math.Modf(part * float64(len(sorted)-1))
		i := int(whole)
		return sorted[i] + rest*(sorted[min(i+1, len(sorted)-1)]-sorted[i])
	}
	return Quartiles{at(0.25), at(0.5), at(0.75)}
}

// RatioOf returns the quartiles of the ratios of own to base. Both are samples of the same
// passes, so a pass that was slow as a whole does not change its ratio.
func RatioOf(own, base []float64) Quartiles {
	var ratios []float64
	for i, value := range own {
		if i < len(base) {
			ratios = append(ratios, value/base[i])
		}
	}
	return QuartilesOf(ratios)
}

// Spread formats the first and the third quartile.
func (q Quartiles) Spread(format func(float64) string) string {
	if math.IsNaN(q.Low) {
		return ""
	}
	return fmt.Sprintf("%s to %s", format(q.Low), format(q.High))
}
