"""A reader of event files, written from the formats' descriptions alone."""

import struct

from glassnet.utils.tensorboard.event_file import record


def fields(data):
    """The fields of a message: (number, value)."""
    place, found = 0, []

    def varint():
        nonlocal place
        value, shift = 0, 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        key = varint()
        if key & 7 == 0:
            value = varint()
        else:
            size = {1: 8, 5: 4}[key & 7] if key & 7 != 2 else varint()
            value, place = data[place : place + size], place + size
        found.append((key >> 3, value))
    return found


def events(path):
    """The events in a file, fields by number; each record is whole."""
    data, place, found = path.read_bytes(), 0, []
    while place < len(data):
        (size,) = struct.unpack("<Q", data[place : place + 8])
        event = data[place + 12 : place + 12 + size]
        assert record(event) == data[place : place + 16 + size]
        found.append(dict(fields(event)))
        place += 16 + size
    return found


def values(path):
    """The values of all summaries in a file: (tag, step, fields by number)."""
    return [
        (value[1].decode(), event.get(2), value)
        for event in events(path)
        if 5 in event
        for value in (dict(fields(part)) for _, part in fields(event[5]))
    ]
