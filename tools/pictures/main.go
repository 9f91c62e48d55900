// Pictures reads a description of boxes and arrows from standard input and writes it as
// SVG to standard output:
//
//	title  One line
//	desc   A description for readers who cannot see the picture
//	cell   190 92 164 54              pitch of the grid, size of a box
//	box    1 2 | client | New         column and row | name | note
//	plain  1.5 3 | a.yaml | a note    a dashed box, for parts outside the program
//	client -> api                     an arrow; <-> has two heads, => is dashed
//
// Lines that begin with # are comments.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"math"
	"os"
	"strings"
)

const style = `<style>
text { font: 12px system-ui, sans-serif; text-anchor: middle; fill: #57606a }
.name { font: 600 13px ui-monospace, Menlo, Consolas, monospace; fill: #1f2328 }
rect { fill: #f6f8fa; stroke: #8c959f } .plain { fill: #fff; stroke-dasharray: 2 3 }
line { stroke: #768390; stroke-width: 1.5 } .made { stroke-dasharray: 6 4 } path { fill: #768390 }
@media (prefers-color-scheme: dark) {
text { fill: #9da7b3 } .name { fill: #e6edf3 } rect { fill: #21262d; stroke: #6e7681 } .plain { fill: #0d1117 }
}
</style>
<marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker>
`

// heads are the kinds of arrows with their SVG attributes.
var heads = []struct{ sign, attributes string }{
	{" <-> ", `marker-start="url(#head)" marker-end="url(#head)"`},
	{" -> ", `marker-end="url(#head)"`},
	{" => ", `class="made" marker-end="url(#head)"`},
}

// picture is a drawing that is built line by line.
type picture struct {
	words                               map[string]string // title and desc
	width, height                       float64
	pitchX, pitchY, boxWidth, boxHeight float64
	centres                             map[string]point
	arrows, boxes                       strings.Builder
}

type point struct{ x, y float64 }

func main() {
	log.SetFlags(0)
	p, err := read(os.Stdin)
	if err != nil {
		log.Fatal("pictures: ", err)
	}
	fmt.Print(p.svg())
}

func read(text io.Reader) (*picture, error) {
	p, lines := &picture{words: map[string]string{}, centres: map[string]point{}}, bufio.NewScanner(text)
	for number := 1; lines.Scan(); number++ {
		if err := p.add(strings.TrimSpace(lines.Text())); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if p.words["title"] == "" || p.words["desc"] == "" || p.width == 0 {
		return nil, errors.New("title, desc or box is missing")
	}
	return p, lines.Err()
}

func (p *picture) add(line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	for _, head := range heads {
		if from, to, found := strings.Cut(line, head.sign); found {
			return p.arrow(from, to, head.attributes)
		}
	}
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "title", "desc":
		p.words[word] = rest
	case "cell":
		_, err := fmt.Sscan(rest, &p.pitchX, &p.pitchY, &p.boxWidth, &p.boxHeight)
		return err
	case "box", "plain":
		return p.box(word, rest)
	default:
		return fmt.Errorf("unknown line %q", line)
	}
	return nil
}

func (p *picture) box(class, text string) error {
	parts := strings.Split(text, "|")
	if len(parts) != 3 {
		return fmt.Errorf("got %q, want column row | name | note", text)
	}
	name, note := strings.TrimSpace(parts[1]), strings.TrimSpace(parts[2])
	var column, row float64
	if _, err := fmt.Sscan(parts[0], &column, &row); err != nil {
		return err
	}
	if _, twice := p.centres[name]; twice || p.boxWidth == 0 {
		return fmt.Errorf("box %q is repeated or precedes cell", name)
	}
	c := point{(column - 0.5) * p.pitchX, (row - 0.5) * p.pitchY}
	p.centres[name] = c
	p.width, p.height = max(p.width, c.x+p.pitchX/2), max(p.height, c.y+p.pitchY/2)
	fmt.Fprintf(&p.boxes, `<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="6"/>`+
		`<text class="name" x="%[6]g" y="%[7]g">%[8]s</text><text x="%[6]g" y="%[9]g">%[10]s</text>`+"\n",
		class, c.x-p.boxWidth/2, c.y-p.boxHeight/2, p.boxWidth, p.boxHeight,
		c.x, c.y-4, html.EscapeString(name), c.y+15, html.EscapeString(note))
	return nil
}

// arrow draws an arrow between two boxes. Within a row it connects their sides, otherwise
// their top and bottom edges, away from the centre so that arrows do not meet.
func (p *picture) arrow(from, to, attributes string) error {
	a, known := p.centres[from]
	b, alsoKnown := p.centres[to]
	if !known || !alsoKnown {
		return fmt.Errorf("arrow from %q to %q, want two boxes defined above", from, to)
	}
	if a.y == b.y {
		half := math.Copysign(p.boxWidth/2+2, b.x-a.x)
		a.x, b.x = a.x+half, b.x-half
	} else {
		half, aside := math.Copysign(p.boxHeight/2+2, b.y-a.y), 0.0
		if a.x != b.x {
			aside = math.Copysign(p.boxWidth/4, b.x-a.x)
		}
		a, b = point{a.x + aside, a.y + half}, point{b.x - aside, b.y - half}
	}
	fmt.Fprintf(&p.arrows, `<line x1="%g" y1="%g" x2="%g" y2="%g" %s/>`+"\n", a.x, a.y, b.x, b.y, attributes)
	return nil
}

func (p *picture) svg() string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%g" height="%[2]g" viewBox="0 0 %[1]g %[2]g" role="img">
<title>%s</title>
<desc>%s</desc>
`, p.width, p.height, html.EscapeString(p.words["title"]), html.EscapeString(p.words["desc"])) +
		style + p.arrows.String() + p.boxes.String() + "</svg>\n"
}
