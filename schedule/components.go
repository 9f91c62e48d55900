package schedule

import (
	"fmt"
	"strings"
)

// A component is a part of a calendar between BEGIN and END.
type component struct {
	name       string
	line       int
	properties []property
	children   []*component
}

// A property is a line of a component.
type property struct {
	name       string
	parameters map[string]string
	value      string
	line       int
}

const maxDepth = 10

// parseComponents reads a calendar: a text with one VCALENDAR. Lines may be folded and may
// end with LF, CR LF or CR.
func parseComponents(text string) (*component, error) {
	if len(text) > maxText {
		return nil, limitError{fmt.Sprintf("the calendar has %d bytes, want at most %d", len(text), maxText)}
	}
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	root := &component{}
	stack := []*component{root}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		var line strings.Builder
		line.WriteString(lines[i])
		number := i + 1
		for i+1 < len(lines) && strings.TrimLeft(lines[i+1], " \t") != lines[i+1] {
			i++
			line.WriteString(lines[i][1:])
		}
		if strings.TrimSpace(line.String()) == "" {
			continue
		}
		p, err := parseProperty(line.String(), number)
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch p.name {
		case "BEGIN":
			if len(stack) > maxDepth {
				return nil, limitError{fmt.Sprintf("line %d: components are nested more than %d deep", number, maxDepth)}
			}
			child := &component{name: strings.ToUpper(p.value), line: number}
			top.children = append(top.children, child)
			stack = append(stack, child)
		case "END":
			if len(stack) == 1 || top.name != strings.ToUpper(p.value) {
				return nil, fmt.Errorf("schedule: line %d: END:%s has no BEGIN", number, shorten(p.value))
			}
			stack = stack[:len(stack)-1]
		default:
			if len(stack) == 1 {
				return nil, fmt.Errorf("schedule: line %d: %s is outside of BEGIN:VCALENDAR: not an iCalendar text", number, shorten(p.name))
			}
			top.properties = append(top.properties, p)
		}
	}
	switch {
	case len(stack) > 1:
		return nil, fmt.Errorf("schedule: line %d: BEGIN:%s has no END", stack[len(stack)-1].line, shorten(stack[len(stack)-1].name))
	case len(root.children) != 1 || root.children[0].name != "VCALENDAR":
		return nil, fmt.Errorf("schedule: not an iCalendar text: got %d components, want one VCALENDAR", len(root.children))
	}
	return root.children[0], nil
}

// parseProperty parses an unfolded line: name;parameter=value:value.
func parseProperty(line string, number int) (property, error) {
	p := property{line: number}
	quoted, last := false, 0
	var parts []string
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == ';' || c == ':':
			parts = append(parts, line[last:i])
			last = i + 1
		}
		if line[i] == ':' && !quoted {
			p.name = strings.ToUpper(strings.TrimSpace(parts[0]))
			if p.name == "" {
				break
			}
			p.value = strings.TrimSpace(line[last:])
			for _, part := range parts[1:] {
				name, value, _ := strings.Cut(part, "=")
				if p.parameters == nil {
					p.parameters = map[string]string{}
				}
				p.parameters[strings.ToUpper(name)] = strings.Trim(value, `"`)
			}
			return p, nil
		}
	}
	return p, fmt.Errorf("schedule: line %d: %q is not a line of an iCalendar text, want NAME:VALUE", number, shorten(line))
}

// find returns the only property of a name, or nil.
func (c *component) find(name string) (*property, error) {
	var found *property
	for i := range c.properties {
		if c.properties[i].name != name {
			continue
		}
		if found != nil {
			return nil, c.properties[i].errorf("second %s in a %s", name, c.name)
		}
		found = &c.properties[i]
	}
	return found, nil
}

func (p *property) errorf(format string, args ...any) error {
	return fmt.Errorf("schedule: line %d: %w", p.line, fmt.Errorf(format, args...))
}

func (p *property) limit(format string, args ...any) error {
	return limitError{fmt.Sprintf("line %d: ", p.line) + fmt.Sprintf(format, args...)}
}
