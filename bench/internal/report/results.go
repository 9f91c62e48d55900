// Package report formats the output of benchmarks: as a table of ratios with their
// significance, as a plot, and as marked parts of a document.
package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// Key names a benchmark: Benchmark<Suite>/<Case>/<Client>.
type Key struct{ Suite, Case, Client string }

// Results are the samples of all benchmarks, one for each pass, in the order of the first
// pass.
type Results struct {
	keys    []Key
	samples map[Key]map[string][]float64 // by unit
}

// Units of the samples, in the notation of benchfmt.
const (
	unitTime   = "sec/op"
	unitCPU    = "cpu-sec/op"
	unitBytes  = "B/op"
	unitAllocs = "allocs/op"
)

// Read adds the samples in the output of a pass.
func (r *Results) Read(in io.Reader) error {
	reader := benchfmt.NewReader(in, "")
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			return record
		case *benchfmt.Result:
			key, err := keyOf(record.Name)
			if err != nil {
				return err
			}
			r.add(key, record.Values)
		}
	}
	return reader.Err()
}

func keyOf(name benchfmt.Name) (Key, error) {
	base, parts := name.Parts()
	var names []string
	for _, part := range parts {
		if text, found := strings.CutPrefix(string(part), "/"); found {
			names = append(names, text)
		} // otherwise, it is the number of processors
	}
	if len(names) != 2 {
		return Key{}, fmt.Errorf("invalid benchmark name %s, want suite/case/client", name)
	}
	return Key{string(base), names[0], names[1]}, nil
}

func (r *Results) add(key Key, values []benchfmt.Value) {
	if r.samples == nil {
		r.samples = map[Key]map[string][]float64{}
	}
	if r.samples[key] == nil {
		r.samples[key] = map[string][]float64{}
		r.keys = append(r.keys, key)
	}
	for _, v := range values {
		r.samples[key][v.Unit] = append(r.samples[key][v.Unit], v.Value)
	}
}

// Row compares a benchmark with the baseline of its case.
type Row struct {
	Key
	Times         []float64 // in seconds, one of each pass
	Time          float64   // median of Times
	Bytes, Allocs float64   // medians

	ToBaseline, CPUToBaseline Ratio // of wall time and of processor time
}

// Ratio has the ratios of all passes and the significance of the difference.
type Ratio struct {
	Quartiles
	benchmath.Comparison
}

// Significant reports whether the samples differ.
func (r Ratio) Significant() bool { return r.P < r.Alpha }

// Compare compares each benchmark with the baseline of its case.
func (r *Results) Compare(baseline string) ([]Row, error) {
	var rows []Row
	for _, key := range r.keys {
		base, ok := r.samples[Key{key.Suite, key.Case, baseline}]
		if !ok {
			return nil, fmt.Errorf("%s/%s was not measured for %s", key.Suite, key.Case, baseline)
		}
		own := r.samples[key]
		rows = append(rows, Row{
			Key:           key,
			Times:         own[unitTime],
			Time:          QuartilesOf(own[unitTime]).Median,
			Bytes:         QuartilesOf(own[unitBytes]).Median,
			Allocs:        QuartilesOf(own[unitAllocs]).Median,
			ToBaseline:    compare(base[unitTime], own[unitTime]),
			CPUToBaseline: compare(base[unitCPU], own[unitCPU]),
		})
	}
	return rows, nil
}

func compare(base, own []float64) Ratio {
	sample := func(values []float64) *benchmath.Sample {
		return benchmath.NewSample(slices.Clone(values), &benchmath.DefaultThresholds)
	}
	return Ratio{RatioOf(own, base), benchmath.AssumeNothing.Compare(sample(base), sample(own))}
}

// Find returns the row of a benchmark.
func Find(rows []Row, suite, name, client string) (Row, error) {
	for _, row := range rows {
		if row.Key == (Key{suite, name, client}) {
			return row, nil
		}
	}
	return Row{}, fmt.Errorf("%s/%s/%s was not measured", suite, name, client)
}
