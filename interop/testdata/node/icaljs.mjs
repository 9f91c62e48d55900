// Reads lines of JSON from standard input: a calendar as text, and before, in Unix seconds.
// The VTIMEZONEs of a calendar apply to those after it, too. Writes for each calendar the occurrences of its events that start before it: start and end, and what
// the end is computed from.
import readline from 'node:readline'
import ICAL from 'ical.js'

// end adds the length of an event. ical.js itself adds the hours of DTEND and DURATION to
// wall clock time; RFC 5545, section 3.8.5.3, has them exact.
function end(start, days, seconds) {
  if (days === 0) {
    return start.toUnixTime() + seconds
  }
  const end = start.clone()
  end.addDuration(new ICAL.Duration({ days }))
  return end.toUnixTime() + seconds
}

function occurrences({ text, before }) {
  const calendar = new ICAL.Component(ICAL.parse(text))
  for (const component of calendar.getAllSubcomponents('vtimezone')) {
    ICAL.TimezoneService.register(component)
  }
  const found = []
  for (const component of calendar.getAllSubcomponents('vevent')) {
    const event = new ICAL.Event(component)
    const duration = event.duration
    const dtend = component.getFirstPropertyValue('dtend')
    const days = dtend ? 0 : duration.weeks * 7 + duration.days
    const seconds = duration.toSeconds() - days * 86400
    const add = (start) => found.push({
      start: start.toUnixTime(), end: end(start, days, seconds), wall: start.toString(), zone: start.zone.tzid,
      dtstart: event.startDate.toString(), dtend: dtend ? dtend.toString() : '', days, seconds
    })
    if (!event.isRecurring()) {
      add(event.startDate)
      continue
    }
    const all = event.iterator()
    for (let start = all.next(); start && start.toUnixTime() < before; start = all.next()) {
      add(start)
    }
  }
  return found
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let result
  try {
    result = { occurrences: occurrences(JSON.parse(line)) }
  } catch (error) {
    result = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(result) + '\n')
}
